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

/** Of all containers, the oldest first. */
export function listRecords(paths: ContainersPaths): readonly ContainerRecord[] {
  return listIds(paths)
    .flatMap((id) => readRecord(paths, id) ?? [])
    .sort((a, b) => a.createdAt - b.createdAt);
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
  if (!NAME.test(name)) return undefined;
  let id: string;
  try {
    id = readlinkSync(join(paths.names, name));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const record = ID.test(id) ? readRecord(paths, id) : undefined;
  // Its creation was killed, or its removal.
  return record?.name === name ? record : undefined;
}

export function readRecord(paths: ContainersPaths, id: string): ContainerRecord | undefined {
  return readJson<ContainerRecord>(paths.of(id).record);
}

export function readState(paths: ContainerPaths): ContainerState | undefined {
  return readJson<ContainerState>(paths.state);
}

export function readFinished(paths: ContainerPaths): FinishedState | undefined {
  return readJson<FinishedState>(paths.finished);
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

function readJson<Value>(path: string): Value | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Value;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    if (!(error instanceof SyntaxError)) throw error;
    throw new TsbuildError('STORE_CORRUPT', `${path} is not what tsbuild wrote: ${error.message}`, {
      hint: 'remove the container: tsbuild rm -f',
      cause: error,
    });
  }
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
