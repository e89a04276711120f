// What is read of an upper directory: files through one descriptor each, and nothing else is ever opened.
import test, { type ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { plainOwnership } from '../../../src/rootfs/ownership.js';
import { upperDiff } from '../../../src/rootfs/upper-diff.js';
import { loadSyscalls, type SystemCalls } from '../../../src/host/syscalls/system-calls.js';
import type { ContentRef, LayerEntry } from '../../../src/layer/entry.js';
import { writeLayer } from '../../../src/layer/tar/layer-writer.js';
import type { WrittenLayer } from '../../../src/layer/tar/tar-stream.js';
import { tempDir } from '../layer/tar/support/temp-dir.js';
import { decodeIndex } from '../../../src/layer/index-codec.js';
import { textOf } from '../../support/index-text.js';

interface Bench {
  readonly calls: SystemCalls;
  readonly dir: string;
  upper(name: string): string;
  lower(name: string): string;
  changes(): Generator<LayerEntry>;
}

async function openBench(t: ExecutionContext): Promise<Bench> {
  const dir = tempDir(t);
  const [upper, lower] = [join(dir, 'upper'), join(dir, 'lower')];
  for (const path of [upper, lower]) mkdirSync(path);
  const calls = await loadSyscalls();
  return {
    calls,
    dir,
    upper: (name) => join(upper, name),
    lower: (name) => join(lower, name),
    changes: () => upperDiff(calls, { upper, lower, ownership: plainOwnership }),
  };
}

function openPaths(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      // The descriptor of the listing itself.
      return [];
    }
  });
}

async function written({ dir, changes }: Bench): Promise<WrittenLayer> {
  const fd = openSync(join(dir, 'layer'), 'w');
  try {
    const { diffId, size, indexText } = await writeLayer(changes(), { fd });
    return { diffId, size, index: decodeIndex(textOf(indexText), diffId) };
  } finally {
    closeSync(fd);
  }
}

function contentOf(entry: LayerEntry | void): Extract<ContentRef, { kind: 'file' }> | undefined {
  return entry?.kind === 'node' && entry.node.content?.kind === 'file' ? entry.node.content : undefined;
}

test('entries in order, with links, pipes and names that are no text', async (t) => {
  const bench = await openBench(t);
  mkdirSync(bench.upper('d/inner'), { recursive: true });
  writeFileSync(bench.upper('d/inner/f'), 'content');
  linkSync(bench.upper('d/inner/f'), bench.upper('d/second'));
  symlinkSync('/etc/passwd', bench.upper('d.link'));
  execFileSync('mkfifo', [bench.upper('pipe')]);
  writeFileSync(Buffer.concat([Buffer.from(bench.upper('n')), Buffer.from([0xff])]), 'bytes');
  writeFileSync(bench.upper('empty'), '');
  chmodSync(bench.upper('empty'), 0o4751);
  execFileSync('touch', ['-d', '@-1.5', bench.upper('empty')]);
  const found = [...bench.changes()];
  t.deepEqual(
    found.map((entry) => [entry.kind, entry.path]),
    [
      ['node', 'd'],
      ['node', 'd/inner'],
      ['node', 'd/inner/f'],
      ['hardlink', 'd/second'],
      ['node', 'd.link'],
      ['node', 'empty'],
      ['node', 'n\xff'],
      ['node', 'pipe'],
    ],
  );
  const byPath = new Map<string, LayerEntry>(found.map((entry) => [entry.path, entry]));
  t.like(byPath.get('d.link'), { node: { type: 'symlink', link: '/etc/passwd' } });
  t.like(byPath.get('pipe'), { node: { type: 'fifo', size: 0 } });
  t.like(byPath.get('empty'), { node: { mode: 0o4751, mtime: -2, mtimeNsec: 500_000_000, size: 0 } });
});

test('sockets are left out', async (t) => {
  const bench = await openBench(t);
  const server = createServer();
  await new Promise<void>((listening) => server.listen(bench.upper('socket'), listening));
  t.deepEqual([...bench.changes()], []);
  server.close();
});

test('what is as it was below is no change, and its parents come with what is one', async (t) => {
  const bench = await openBench(t);
  for (const place of [bench.upper, bench.lower]) {
    mkdirSync(place('d/e'), { recursive: true });
    for (const name of ['d/same', 'd/e/time', 'd/e/bytes']) {
      writeFileSync(place(name), 'as below');
      utimesSync(place(name), 1000, 1000);
    }
  }
  t.deepEqual([...bench.changes()], []);
  utimesSync(bench.upper('d/e/time'), 1001, 1001);
  writeFileSync(bench.upper('d/e/bytes'), 'as_below');
  utimesSync(bench.upper('d/e/bytes'), 1000, 1000);
  const paths = [...bench.changes()].map(({ path }) => String(path));
  t.deepEqual(paths, ['d', 'd/e', 'd/e/bytes', 'd/e/time']);
});

test('a file is open as long as its entry is the last one, also when nobody asks for the next', async (t) => {
  const bench = await openBench(t);
  for (const name of ['a', 'b']) writeFileSync(bench.upper(name), name);
  const changes = bench.changes();
  const first = contentOf(changes.next().value);
  t.true(openPaths().includes(bench.upper('a')));
  t.not(first?.opened?.fd, undefined);
  const second = contentOf(changes.next().value);
  t.is(first?.opened?.fd, undefined);
  t.false(openPaths().includes(bench.upper('a')));
  t.true(openPaths().includes(bench.upper('b')));
  changes.return(undefined);
  t.is(second?.opened?.fd, undefined);
  t.false(openPaths().some((path) => path.startsWith(bench.upper('')) || path === bench.upper('.')));
});

test('a tree that is deeper than there are descriptors', async (t) => {
  const bench = await openBench(t);
  const limit = Number(execFileSync('sh', ['-c', 'ulimit -Sn']).toString());
  const depth = Math.min(limit + 10, 1500);
  let path = bench.upper('d');
  for (let i = 1; i < depth && path.length + 4 < 4096; i++) path += '/d';
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'f'), 'deep');
  let most = 0;
  let count = 0;
  for (const entry of bench.changes()) {
    count++;
    if (count % 100 === 0 || entry.path.endsWith('f'))
      most = Math.max(most, openPaths().filter((open) => open.startsWith(bench.upper('d'))).length);
  }
  t.true(count > 1000);
  t.true(most <= 2, `${most} are open`);
});

test('the layer has what the files have, and a file that changes meanwhile is an error', async (t) => {
  const bench = await openBench(t);
  const sizes = [0, 1, 513, 5 << 20];
  for (const [i, size] of sizes.entries()) writeFileSync(bench.upper(`f${i}`), Buffer.alloc(size, i));
  const layer = await written(bench);
  const tar = readFileSync(join(bench.dir, 'layer'));
  for (const [i, entry] of layer.index.entries()) {
    if (entry.kind !== 'node' || entry.node.content?.kind !== 'layer') return t.fail();
    const { offset } = entry.node.content;
    t.true(tar.subarray(offset, offset + entry.node.size).equals(Buffer.alloc(sizes[i]!, i)));
  }
  const whileOpen = (meddle: (path: string) => void): Bench => ({
    ...bench,
    *changes() {
      for (const entry of bench.changes()) {
        if (entry.path === 'f2') meddle(bench.upper('f2'));
        yield entry;
      }
    },
  });
  const code = { code: 'CONTEXT_CHANGED' };
  await t.throwsAsync(written(whileOpen((path) => appendFileSync(path, 'x'))), { ...code, message: /grew/ });
  await t.throwsAsync(written(whileOpen((path) => truncateSync(path, 5))), { ...code, message: /shrank/ });
});

test('what takes the place of an open file is not read', async (t) => {
  const bench = await openBench(t);
  writeFileSync(bench.upper('f'), 'what was seen');
  const secret = join(bench.dir, 'secret');
  writeFileSync(secret, 'something else');
  const replaced: Bench = {
    ...bench,
    *changes() {
      for (const entry of bench.changes()) {
        renameSync(bench.upper('f'), bench.upper('f.old'));
        symlinkSync(secret, bench.upper('f'));
        yield entry;
      }
    },
  };
  await written(replaced);
  const tar = readFileSync(join(bench.dir, 'layer'), 'latin1');
  t.true(tar.includes('what was seen'));
  t.false(tar.includes('something else'));
});
