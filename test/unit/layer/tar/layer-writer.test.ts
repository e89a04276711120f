// Writing layers from real files: what is read, what is noticed when a file changes, what the disk may refuse.
import test, { type ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fromUtf8, type ByteString } from '../../../../src/core/bytes.js';
import type { DiffId } from '../../../../src/core/digest.js';
import type { ContentRef, LayerEntry, TreeNode } from '../../../../src/layer/entry.js';
import { readLayer } from '../../../../src/layer/read-layer.js';
import { openContentFile } from '../../../../src/layer/stored-content.js';
import { entryHeaders, writeHeaders, type EntryHeaders } from '../../../../src/layer/tar/entry-headers.js';
import { writeLayer, type LayerWriterOptions } from '../../../../src/layer/tar/layer-writer.js';
import { createTarStream, type WrittenLayer } from '../../../../src/layer/tar/tar-stream.js';
import { decodeIndex } from '../../../../src/layer/index-codec.js';
import { collect, stream } from './support/parse.js';
import { tempDir } from './support/temp-dir.js';
import { textOf } from '../../../support/index-text.js';

const base = { mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0 };

function fileEntry(
  path: string,
  content: ContentRef,
  size: number,
  more: Partial<TreeNode> = {},
): LayerEntry {
  return { kind: 'node', path: fromUtf8(path), node: { ...base, type: 'file', size, content, ...more } };
}

function onDisk(path: string): ContentRef {
  return { kind: 'file', path: fromUtf8(path), ino: statSync(path).ino };
}

async function writeTo(
  file: string,
  entries: Iterable<LayerEntry>,
  options: Partial<LayerWriterOptions> = {},
): Promise<WrittenLayer> {
  const fd = openSync(file, 'w');
  try {
    const { diffId, size, indexText } = await writeLayer(entries, { fd, ...options });
    return { diffId, size, index: decodeIndex(textOf(indexText), diffId) };
  } finally {
    closeSync(fd);
  }
}

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

test('files of every size around the buffer are read once, hashed and indexed', async (t) => {
  const dir = tempDir(t);
  const full = 4 << 20;
  const sizes = [0, 1, 511, 512, 513, full - 513, full - 512, full - 511, full, full + 1, 3 * full + 17, 5];
  const contents = sizes.map((size) => randomBytes(size));
  const entries = contents.map((data, i) => {
    const path = join(dir, `f${i}`);
    writeFileSync(path, data);
    return fileEntry(`f${String(i).padStart(2, '0')}`, onDisk(path), data.length);
  });
  const written = await writeTo(join(dir, 'out'), entries);
  const tar = readFileSync(join(dir, 'out'));
  t.is(written.size, tar.length);
  t.is(written.diffId, `sha256:${sha256(tar)}` as DiffId);
  for (const [i, entry] of written.index.entries()) {
    if (entry.kind !== 'node' || entry.node.content?.kind !== 'layer') return t.fail();
    const { offset } = entry.node.content;
    t.true(tar.subarray(offset, offset + entry.node.size).equals(contents[i]!));
    t.is(entry.node.sha256, sha256(contents[i]!));
  }
  t.deepEqual(await readLayer(stream(tar)), written);
});

test('content is copied out of layer blobs', async (t) => {
  const dir = tempDir(t);
  const data = randomBytes(2_000_000);
  const lower = await writeTo(join(dir, 'lower'), [
    fileEntry('a', { kind: 'bytes', data }, data.length),
    fileEntry('b', { kind: 'bytes', data: Buffer.from('b') }, 1),
  ]);
  const asked: string[] = [];
  const upper = await writeTo(join(dir, 'upper'), lower.index, {
    openTar(diffId) {
      asked.push(diffId);
      return openContentFile(join(dir, 'lower'));
    },
  });
  t.deepEqual(upper, lower);
  t.deepEqual(asked, [lower.diffId]);
  truncateSync(join(dir, 'lower'), 1_000_000);
  const short = { openTar: () => openContentFile(join(dir, 'lower')) };
  await t.throwsAsync(writeTo(join(dir, 'bad'), lower.index, short), { code: 'STORE_CORRUPT' });
});

/** Writes a layer with one file of 100 bytes after `change` was done to it. */
async function changed(t: ExecutionContext, change: (path: string) => void): Promise<Error | undefined> {
  const dir = tempDir(t);
  const path = join(dir, 'f');
  writeFileSync(path, 'x'.repeat(100));
  const entry = fileEntry('f', onDisk(path), 100);
  change(path);
  return t.throwsAsync(writeTo(join(dir, 'out'), [entry]), { code: 'CONTEXT_CHANGED' });
}

test('a file that is no longer the one that was planned is never read', async (t) => {
  t.regex((await changed(t, (path) => rmSync(path)))!.message, /\/f: was removed/);
  t.regex((await changed(t, (path) => truncateSync(path, 99)))!.message, /\/f: went from 100 to 99 bytes/);
  t.regex(
    (await changed(t, (path) => writeFileSync(path, 'x'.repeat(101))))!.message,
    /went from 100 to 101/,
  );
  const replaced = (path: string): void => {
    writeFileSync(`${path}2`, 'y'.repeat(100));
    renameSync(`${path}2`, path);
  };
  t.regex((await changed(t, replaced))!.message, /\/f: was replaced/);
  const linked = (path: string): void => {
    renameSync(path, `${path}2`);
    symlinkSync(`${path}2`, path);
  };
  t.regex((await changed(t, linked))!.message, /was replaced/);
  const piped = (path: string): void => {
    rmSync(path);
    execFileSync('mkfifo', [path]);
  };
  t.regex((await changed(t, piped))!.message, /was replaced/);
});

test('growth and shrinking while a big file is read are noticed', async (t) => {
  const dir = tempDir(t);
  const path = join(dir, 'f');
  for (const [size, pattern] of [
    [12_000_001, /grew/],
    [6_000_000, /shrank/],
  ] as const) {
    writeFileSync(path, Buffer.alloc(12_000_000));
    const out = createTarStream([fileEntry('f', onDisk(path), 12_000_000)]);
    await out.chunks.next();
    truncateSync(path, size);
    await t.throwsAsync(collect(out.chunks), { code: 'CONTEXT_CHANGED', message: pattern });
  }
});

test('a full disk and a file that cannot be written have their codes', async (t) => {
  if (existsSync('/dev/full')) await t.throwsAsync(writeTo('/dev/full', []), { code: 'STORE_FULL' });
  const dir = tempDir(t);
  writeFileSync(join(dir, 'f'), '');
  const fd = openSync(join(dir, 'f'), 'r');
  t.teardown(() => closeSync(fd));
  await t.throwsAsync(writeLayer([], { fd }), { code: 'STORE_UNWRITABLE' });
});

test('it stops when told to, and lets others run', async (t) => {
  const dir = tempDir(t);
  const controller = new AbortController();
  function* endless(): Generator<LayerEntry, void> {
    for (let i = 0; ; i++) yield { kind: 'whiteout', path: fromUtf8(`f${i}`) };
  }
  setImmediate(() => controller.abort());
  await t.throwsAsync(writeTo(join(dir, 'out'), endless(), { signal: controller.signal }), {
    code: 'ABORTED',
  });
  await t.throwsAsync(writeTo(join(dir, 'out'), [], { signal: AbortSignal.abort() }), { code: 'ABORTED' });
});

test('progress ends at the whole', async (t) => {
  const seen: { bytes: number; entries: number }[] = [];
  const entries = Array.from({ length: 1100 }, (_, i) =>
    fileEntry(`f${i}`, { kind: 'bytes', data: Buffer.alloc(0) }, 0),
  );
  const written = await writeTo(join(tempDir(t), 'out'), entries, {
    onProgress: (progress) => void seen.push(progress),
  });
  t.deepEqual(
    seen.map((progress) => progress.entries),
    [500, 1000, 1100],
  );
  t.is(seen.at(-1)!.bytes, written.size);
});

test('a hash that is known is believed', async (t) => {
  const known = 'f'.repeat(64);
  const entry = fileEntry('f', { kind: 'bytes', data: Buffer.from('x') }, 1, { sha256: known });
  const { index } = await writeTo(join(tempDir(t), 'out'), [entry]);
  t.is(index[0]?.kind === 'node' ? index[0].node.sha256 : '', known);
});

test('names that mean deletions cannot be files of a layer, but of a plain archive', async (t) => {
  for (const path of ['.wh.a', 'd/.wh..wh..opq', '.wh.d/f']) {
    const entry = fileEntry(path, { kind: 'bytes', data: Buffer.alloc(0) }, 0);
    t.throws(() => entryHeaders(entry), { code: 'LAYER_UNSAFE' });
    const plain = createTarStream([entry], { whiteouts: false, held: Infinity });
    const tar = await collect(plain.chunks);
    t.deepEqual(await readLayer(stream(tar), { whiteouts: false }), plain.result());
  }
  t.throws(() => entryHeaders({ kind: 'whiteout', path: 'x' as ByteString }, { whiteouts: false }));
});

test('a hard link has the metadata of its file', (t) => {
  const link: LayerEntry = { kind: 'hardlink', path: fromUtf8('b'), target: fromUtf8('a') };
  t.throws(() => entryHeaders(link), { message: /without metadata/ });
  const node: TreeNode = { ...base, type: 'file', size: 5, mode: 0o755, uid: 7 };
  const written = (headers: EntryHeaders): Buffer => {
    const target = Buffer.alloc(headers.bytes + 2, 0xff);
    writeHeaders(target, 1, headers);
    return target;
  };
  t.deepEqual(written(entryHeaders({ ...link, node })), written(entryHeaders(link, { linked: node })));
});

test('chunks that are kept stay as they are', async (t) => {
  const data = randomBytes(3_000_000);
  const kept: Buffer[] = [];
  const out = createTarStream([fileEntry('f', { kind: 'bytes', data }, data.length)], { held: Infinity });
  for await (const chunk of out.chunks) kept.push(chunk);
  t.is(`sha256:${sha256(Buffer.concat(kept))}` as DiffId, out.result().diffId);
});

test('a known hash is taken over only when no change since can hide', async (t) => {
  const dir = tempDir(t);
  const [path, tar] = [join(dir, 'f'), join(dir, 'layer.tar')];
  writeFileSync(path, 'old');
  const { ctimeNs } = statSync(path, { bigint: true });
  const known = { sha256: sha256(Buffer.from('from the key')) };
  const ref = { kind: 'file', path: fromUtf8(path), ino: statSync(path).ino } as const;

  const settled = await writeTo(tar, [fileEntry('f', { ...ref, ctimeNs }, 3, known)]);
  t.like(settled.index[0], { kind: 'node', node: known }, 'not hashed again');
  const racy = writeTo(tar, [fileEntry('f', ref, 3, known)]);
  await t.throwsAsync(racy, { code: 'CONTEXT_CHANGED' }, 'hashed and compared');

  const changed = fileEntry('f', { ...ref, ctimeNs: ctimeNs - 1n }, 3, known);
  await t.throwsAsync(writeTo(tar, [changed]), { code: 'CONTEXT_CHANGED' }, 'same inode and size');
});

test('a layer larger than all buffers is written whole, in order', async (t) => {
  const dir = tempDir(t);
  const [path, tar] = [join(dir, 'f'), join(dir, 'layer.tar')];
  const data = randomBytes(30_000_001);
  writeFileSync(path, data);
  const { diffId, size } = await writeTo(tar, [fileEntry('f', onDisk(path), data.length)]);
  const written = readFileSync(tar);
  t.is(written.length, size);
  t.is(`sha256:${sha256(written)}`, diffId as string);
  t.true(written.subarray(512, 512 + data.length).equals(data));
});

test('a layer that is hashed on a thread fails like one that is not', async (t) => {
  const dir = tempDir(t);
  const [path, big, tar] = [join(dir, 'f'), join(dir, 'big'), join(dir, 'layer.tar')];
  writeFileSync(path, 'new');
  writeFileSync(big, Buffer.alloc(40_000_000, 'x'));
  const bigEntry = fileEntry('big', onDisk(big), 40_000_000);
  const stale = fileEntry('f', onDisk(path), 3, { sha256: sha256(Buffer.from('old')) });
  await t.throwsAsync(writeTo(tar, [stale, bigEntry]), { code: 'CONTEXT_CHANGED' });
  await t.throwsAsync(writeTo(tar, [bigEntry, stale]), { code: 'CONTEXT_CHANGED' });
  await t.throwsAsync(
    writeTo(tar, [bigEntry, fileEntry('gone', { kind: 'file', path: fromUtf8(`${path}2`) }, 1)]),
    {
      code: 'CONTEXT_CHANGED',
    },
  );
});

test('a layer that is hashed on a thread has the hashes of its files', async (t) => {
  const dir = tempDir(t);
  const contents = [5_000_000, 1, 9_000_000, 0, 4_000_000, 17, 12_000_000].map((size) => randomBytes(size));
  const entries = contents.map((data, i) => {
    writeFileSync(join(dir, `f${i}`), data);
    return fileEntry(`f${i}`, onDisk(join(dir, `f${i}`)), data.length);
  });
  const written = await writeTo(join(dir, 'out'), entries);
  t.is(written.diffId, `sha256:${sha256(readFileSync(join(dir, 'out')))}` as DiffId);
  t.deepEqual(
    written.index.map((entry) => (entry.kind === 'node' ? entry.node.sha256 : '')),
    contents.map(sha256),
  );
});

test('a layer that is known to be small is the same, and fails like others', async (t) => {
  const dir = tempDir(t);
  const capacity = 512 << 10;
  const sizes = [0, 513, capacity - 1024, capacity - 512, capacity, capacity + 1, 5 * capacity + 17, 7];
  const entries = sizes.map((size, i) => {
    const path = join(dir, `f${i}`);
    writeFileSync(path, randomBytes(size));
    return fileEntry(`f${i}`, onDisk(path), size);
  });
  const contentBytes = sizes.reduce((sum, size) => sum + size, 0);
  const plain = await writeTo(join(dir, 'plain'), entries);
  t.deepEqual(await writeTo(join(dir, 'small'), entries, { contentBytes }), plain);
  t.true(readFileSync(join(dir, 'small')).equals(readFileSync(join(dir, 'plain'))));
  // The last content of all has another hash than the one that was believed.
  const last = fileEntry('z', onDisk(join(dir, 'f1')), 513, { sha256: sha256(Buffer.from('else')) });
  const failing = writeTo(join(dir, 'failing'), [...entries, last], { contentBytes });
  await t.throwsAsync(failing, { code: 'CONTEXT_CHANGED' });
});

test('contents that nobody asks for are not hashed, and nothing else is different', async (t) => {
  const dir = tempDir(t);
  const path = join(dir, 'source');
  writeFileSync(path, randomBytes(5 << 20));
  const known = sha256(Buffer.from('known'));
  const entries = [
    fileEntry('a', { kind: 'bytes', data: Buffer.from('known') }, 5, { sha256: known }),
    fileEntry('b', onDisk(path), 5 << 20),
    fileEntry('c', { kind: 'bytes', data: Buffer.from('xyz') }, 3),
  ];
  const hashed = await writeTo(join(dir, 'hashed'), entries);
  const plain = await writeTo(join(dir, 'plain'), entries, { areContentsHashed: false });
  t.is(plain.diffId, hashed.diffId);
  t.deepEqual(
    plain.index.map((entry) => (entry.kind === 'node' ? entry.node.sha256 : '')),
    [known, undefined, undefined],
  );
  const without = ({ index }: WrittenLayer) =>
    index.map((entry) => (entry.kind === 'node' ? { ...entry.node, sha256: '' } : entry));
  t.deepEqual(without(plain), without(hashed));
});
