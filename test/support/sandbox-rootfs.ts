// A store with a tiny image for RUN: busybox of the host, or its shell with the libraries it needs.
import type { StoredLayer } from '../../src/store/stored-layer.js';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, mkdirSync, statSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fromUtf8 } from '../../src/core/bytes.js';
import type { LayerEntry, TreeNode } from '../../src/layer/entry.js';
import { encodeIndex } from '../../src/layer/index-codec.js';
import { readLayer } from '../../src/layer/read-layer.js';
import { putLayer } from '../../src/store/put-layer.js';
import type { ProcessSpec } from '../../src/worker/sandbox.js';
import { syscallProbe } from './sandbox-probe.js';
import { openStore, type Store } from '../../src/store/store.js';

export const MTIME = 1_600_000_000;

/** Letters of two and three bytes, and whatever means something in the options of a mount. */
const ODD_NAME = 'josé 日本 a:b\\c,d=e\n-';

/** A new store, in a folder whose name every system call and every program must take as it is. */
export function temporaryStore(): Store {
  return openStore(mkdtempSync(join(tmpdir(), `tsbuild-sandbox-${ODD_NAME}`)));
}

type Attributes = Partial<Omit<TreeNode, 'type' | 'content'>>;

function node(
  path: string,
  type: TreeNode['type'],
  attributes: Attributes,
  content?: TreeNode['content'],
): LayerEntry {
  const base = { mode: 0o755, uid: 0, gid: 0, size: 0, mtime: MTIME, mtimeNsec: 0 };
  return {
    kind: 'node',
    path: fromUtf8(path),
    node: { type, ...base, ...attributes, ...(content && { content }) },
  };
}

export function dir(path: string, attributes: Attributes = {}): LayerEntry {
  return node(path, 'dir', attributes);
}

export function symlink(path: string, link: string): LayerEntry {
  return node(path, 'symlink', { mode: 0o777, link: fromUtf8(link) });
}

/** A further name for what stands earlier, in this layer or in one below. */
export function hardlink(path: string, target: string, attributes: Attributes = {}): LayerEntry {
  const metadata = {
    type: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: 0,
    mtime: MTIME,
    mtimeNsec: 0,
    ...attributes,
  } as const;
  return { kind: 'hardlink', path: fromUtf8(path), target: fromUtf8(target), node: metadata };
}

export function file(path: string, text: string, attributes: Attributes = {}): LayerEntry {
  const data = Buffer.from(text);
  return node(path, 'file', { mode: 0o644, size: data.length, ...attributes }, { kind: 'bytes', data });
}

/** A program that makes one system call and exits with the negated result. */
export function probe(
  path: string,
  number: number,
  attributes: Attributes = {},
  ...args: readonly number[]
): LayerEntry {
  const data = syscallProbe(number, ...args);
  return node(path, 'file', { size: data.length, ...attributes }, { kind: 'bytes', data });
}

/** An executable of these bytes. */
export function program(path: string, data: Uint8Array, attributes: Attributes = {}): LayerEntry {
  return node(path, 'file', { size: data.length, ...attributes }, { kind: 'bytes', data });
}

export function special(
  path: string,
  type: 'fifo' | 'char' | 'block',
  attributes: Attributes = {},
): LayerEntry {
  return node(path, type, attributes);
}

export function hostFile(path: string, source: string, attributes: Attributes = {}): LayerEntry {
  const real = realpathSync(source);
  return node(
    path,
    'file',
    { size: statSync(real).size, ...attributes },
    { kind: 'file', path: fromUtf8(real) },
  );
}

/** Puts a layer into the store. */
export function addLayer(store: Store, entries: readonly LayerEntry[]): Promise<StoredLayer> {
  return putLayer(store.paths, entries);
}

/** Puts a layer into the store that others have written, as the bytes of its tar. */
export async function addTar(store: Store, tar: Buffer): Promise<StoredLayer> {
  const { diffId, index } = await readLayer(Readable.from([tar]));
  store.putIndex(diffId, encodeIndex(index));
  mkdirSync(dirname(store.paths.blob(diffId)), { recursive: true });
  writeFileSync(store.paths.blob(diffId), tar);
  return { diffId, blob: diffId, size: tar.length };
}

/** Directories of an image, a shell and the usual small tools. */
export function rootfsEntries(): LayerEntry[] {
  const folders = ['bin', 'dev', 'etc', 'proc', 'root', 'sys', 'usr', 'usr/bin', 'var'].map((path) =>
    dir(path),
  );
  const accounts = [
    file('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n'),
    file('etc/group', 'root:x:0:\n'),
  ];
  return [...folders, dir('tmp', { mode: 0o1777 }), ...accounts, ...shellEntries()];
}

function shellEntries(): LayerEntry[] {
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path) && isStatic(path));
  if (!busybox)
    throw new Error('the tests of the sandbox need a static busybox: apt-get install busybox-static');
  const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .filter((name) => name !== 'busybox');
  return [hostFile('bin/busybox', busybox), ...applets.map((name) => symlink(`bin/${name}`, 'busybox'))];
}

function isStatic(path: string): boolean {
  return !execFileSync('sh', ['-c', 'ldd "$1" 2>&1 || true', 'sh', path], { encoding: 'utf8' }).includes(
    '=>',
  );
}

export const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A process as the builder makes it, for a shell command or an argv. */
export function step(command: string | readonly string[], overrides: Partial<ProcessSpec> = {}): ProcessSpec {
  return {
    argv: typeof command === 'string' ? ['/bin/sh', '-c', command] : command,
    env: [PATH, 'HOME=/root'],
    cwd: '/',
    uid: 0,
    gid: 0,
    groups: [0],
    hostname: 'buildkitsandbox',
    network: 'none',
    isInsecure: false,
    mounts: [],
    resolvConf: 'nameserver 192.0.2.1\n',
    hosts: '127.0.0.1 localhost buildkitsandbox\n',
    files: [],
    ulimits: [],
    shmSizeBytes: 64 * 1024 * 1024,
    ...overrides,
  };
}
