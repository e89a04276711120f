// A watched tree outside the store and planted tokens: the proof that an attack reached nothing.
// Invariant: everything in the tree may be written by anyone, so that only the code under test protects it; a change of
// a name, inode, owner, mode, link count, time or byte is seen.
import type { ExecutionContext } from 'ava';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  type Dirent,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { tempDir } from './temp-store.js';

export interface Sentinel {
  /**
   * The tree: `secret`, `empty`, `folder/inner`, `folder/program`. Nothing may change in it, no byte of `secret` may
   * appear.
   */
  readonly directory: string;
  /** What a build is given: a token in the environment, credentials in a docker configuration. */
  readonly env: Readonly<Record<string, string>>;
  /** The token in the environment, the one in the tree's `secret`, the password of the credentials. */
  readonly tokens: readonly string[];
  /** Fails the test when the tree has changed, or when a token is in a file below `places` or in `texts`. */
  verify(t: ExecutionContext, places: readonly string[], texts: readonly string[]): void;
}

function stateOf(path: string): string {
  const stat = lstatSync(path, { bigint: true });
  const { ino, mode, uid, gid, nlink, mtimeNs, ctimeNs } = stat;
  const content = stat.isFile()
    ? createHash('sha256').update(readFileSync(path)).digest('hex')
    : stat.isSymbolicLink()
      ? readlinkSync(path)
      : '';
  return [path, ino, mode.toString(8), uid, gid, nlink, mtimeNs, ctimeNs, content].join(' ');
}

function snapshot(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).toSorted();
  return [directory, ...names.map((name) => join(directory, name))].map(stateOf);
}

function plant(directory: string, token: string): void {
  const files = { secret: token, empty: '', 'folder/inner': 'inner', 'folder/program': '#!/bin/sh\n' };
  mkdirSync(join(directory, 'folder'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
  for (const name of ['secret', 'empty', 'folder/inner']) chmodSync(join(directory, name), 0o666);
  for (const name of ['folder/program', 'folder', '.']) chmodSync(join(directory, name), 0o777);
}

/**
 * Unpacked trees may hold files of subordinate ids, which an ordinary user cannot read; they were read as layers
 * before.
 */
const MAY_BE_UNREADABLE = /\/(trees|mounts)(-\w+)?\//;

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (MAY_BE_UNREADABLE.test(path)) return Buffer.alloc(0);
    throw error;
  }
}

function* filesBelow(place: string): Generator<string> {
  for (const entry of entriesOf(place)) {
    const path = join(place, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
    else if (entry.isSymbolicLink()) yield path;
  }
}

function entriesOf(place: string): Dirent[] {
  try {
    return readdirSync(place, { withFileTypes: true });
  } catch (error) {
    if (MAY_BE_UNREADABLE.test(place)) return [];
    throw error;
  }
}

function contentOrLink(path: string): Buffer {
  return lstatSync(path).isSymbolicLink() ? Buffer.from(readlinkSync(path)) : bytesOf(path);
}

/** The tree is removed after the test. */
export function watchOutside(t: ExecutionContext): Sentinel {
  const directory = tempDir(t);
  const token = (kind: string): string => `planted-${kind}-${randomBytes(12).toString('hex')}`;
  const [fileToken, password] = [token('file'), token('login')];
  // Also where /proc/<pid>/environ of this process and its children would show it.
  const envToken = (process.env['TSBUILD_PLANTED_TOKEN'] ??= token('env'));
  plant(directory, fileToken);
  const config = tempDir(t);
  const auth = Buffer.from(`me:${password}`).toString('base64');
  const hosts = ['https://index.docker.io/v1/', 'registry.example'];
  writeFileSync(
    join(config, 'config.json'),
    JSON.stringify({ auths: Object.fromEntries(hosts.map((host) => [host, { auth }])) }),
  );
  const tokens = [envToken, fileToken, password];
  const before = snapshot(directory);
  return {
    directory,
    env: { TSBUILD_PLANTED_TOKEN: envToken, DOCKER_CONFIG: config },
    tokens,
    verify(t, places, texts) {
      t.deepEqual(snapshot(directory), before, 'the watched tree has changed');
      const needles = [...tokens, auth];
      for (const path of places.flatMap((place) => [...filesBelow(place)])) {
        const content = contentOrLink(path);
        const found = needles.filter((needle) => content.includes(needle) || path.includes(needle));
        t.deepEqual(found, [], `a planted token is in ${path}`);
      }
      const shown = texts.join('\n');
      t.false(
        needles.some((needle) => shown.includes(needle)),
        `a planted token was shown: ${shown.slice(0, 2000)}`,
      );
    },
  };
}
