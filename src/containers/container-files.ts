// The files of a container, read and written. What is read may be gone or of another boot: absence is a value.
import {
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../core/errno.js';
import { TsbuildError } from '../core/errors.js';
import { storeWriteError } from '../store/durable-write.js';
import type { ContainerPaths, ContainersPaths } from './container-paths.js';
import type { ContainerRecord, ContainerState, FinishedState } from './container-record.js';
import { findContainer } from './rules/find-container.js';

const ID = /^[0-9a-f]{64}$/;
const NAME = /^[a-zA-Z0-9][\w.-]*$/;

/** Of all containers but damaged ones, the oldest first. */
export function listRecords(paths: ContainersPaths): readonly ContainerRecord[] {
  return listIds(paths)
    .map((id) => readSoundRecord(paths, id))
    .filter((record) => record !== undefined)
    .sort((a, b) => a.createdAt - b.createdAt);
}

/** Ids of containers of which nothing is known but their folder. */
export function listDamaged(paths: ContainersPaths): readonly string[] {
  return listIds(paths).filter((id) => readJson(paths.of(id).record, isRecord) === DAMAGED);
}

/** In no order. */
export function listIds({ containers }: ContainersPaths): readonly string[] {
  try {
    return readdirSync(containers).filter((name) => ID.test(name));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** @throws TsbuildError CONTAINER_NOT_FOUND, OPTION_INVALID */
export function requireContainer(paths: ContainersPaths, text: string): ContainerRecord {
  const known = ID.test(text) ? readRecord(paths, text) : recordNamed(paths, text.replace(/^\//, ''));
  return known ?? findContainer(listRecords(paths), text);
}

/** By the link that every name is (container-names.ts), without a look at all containers. */
function recordNamed(paths: ContainersPaths, name: string): ContainerRecord | undefined {
  const id = idNamed(paths, name);
  const record = id === undefined ? undefined : readRecord(paths, id);
  // Its creation was killed, or its removal.
  return record?.name === name ? record : undefined;
}

/** What the link of a name says; it may be of a container that is gone. */
function idNamed(paths: ContainersPaths, name: string): string | undefined {
  if (!NAME.test(name)) return undefined;
  try {
    const id = readlinkSync(join(paths.names, name));
    return ID.test(id) ? id : undefined;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The id of a damaged container, by its whole id or its name. */
export function findDamaged(paths: ContainersPaths, text: string): string | undefined {
  const id = ID.test(text) ? text : idNamed(paths, text.replace(/^\//, ''));
  return id !== undefined && readJson(paths.of(id).record, isRecord) === DAMAGED ? id : undefined;
}

/** @throws TsbuildError STORE_CORRUPT */
export function readRecord(paths: ContainersPaths, id: string): ContainerRecord | undefined {
  const path = paths.of(id).record;
  const record = readJson(path, isRecord);
  if (record !== DAMAGED) return record;
  throw new TsbuildError('STORE_CORRUPT', `${path} is not what tsbuild wrote`, {
    hint: `remove the container: tsbuild rm -f ${id}`,
  });
}

/** Undefined also for a damaged one, which must not hide others. */
export function readSoundRecord(paths: ContainersPaths, id: string): ContainerRecord | undefined {
  return soundOrAbsent(readJson(paths.of(id).record, isRecord));
}

/** A damaged one is of a run that ended with the machine: it is written anew by each. */
export function readState(paths: ContainerPaths): ContainerState | undefined {
  return soundOrAbsent(readJson(paths.state, isState));
}

export function readFinished(paths: ContainerPaths): FinishedState | undefined {
  return soundOrAbsent(readJson(paths.finished, isFinished));
}

/** @throws TsbuildError STORE_FULL, STORE_UNWRITABLE */
export function writeRecord(paths: ContainersPaths, record: ContainerRecord): void {
  const files = paths.of(record.id);
  makeFolder(files.directory);
  writeJson(files.record, record);
}

export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw storeWriteError(error, path);
  }
}

export function writeJson(path: string, value: object): void {
  const temporary = `${path}.${process.pid}.new`;
  try {
    writeFileSync(temporary, JSON.stringify(value), { mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw storeWriteError(error, path);
  }
}

const DAMAGED = Symbol('damaged');

/** Undefined when there is no such file. */
function readJson<Value>(
  path: string,
  isSound: (value: unknown) => value is Value,
): Value | typeof DAMAGED | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isSound(value) ? value : DAMAGED;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    if (error instanceof SyntaxError) return DAMAGED;
    throw error;
  }
}

function soundOrAbsent<Value>(value: Value | typeof DAMAGED): Value | undefined {
  return value === DAMAGED ? undefined : value;
}

/** Each is written whole by one call: a few of its members tell it from damage. */
function isRecord(value: unknown): value is ContainerRecord {
  const { id, name, config, host } = membersOf(value);
  return typeof id === 'string' && typeof name === 'string' && isObject(config) && isObject(host);
}

function isState(value: unknown): value is ContainerState {
  const { bootId, main, monitor, helpers } = membersOf(value);
  return typeof bootId === 'string' && isObject(main) && isObject(monitor) && Array.isArray(helpers);
}

function isFinished(value: unknown): value is FinishedState {
  const { exitCode, error } = membersOf(value);
  return typeof exitCode === 'number' && typeof error === 'string';
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** How the monitor says that a run ended: it is read before anybody has finished it. */
export function readExit({ exit }: ContainerPaths): { exitCode: number; finishedAt: number } | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(exit);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  if (bytes.length < 16) return undefined;
  const finishedAt = Number(bytes.readBigUInt64LE(8) / 1_000_000n);
  return { exitCode: exitCodeOf(bytes.readInt32LE(0), bytes.readInt32LE(4)), finishedAt };
}

/** Of si_code and si_status of waitid(2). Two zeros: the kernel did not tell. */
export function exitCodeOf(code: number, status: number): number {
  const CLD_EXITED = 1;
  if (code === 0) return 255;
  return code === CLD_EXITED ? status : 128 + status;
}
