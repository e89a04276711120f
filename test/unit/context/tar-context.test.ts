import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { fromUtf8 } from '../../../src/core/bytes.js';
import { sniffStdin } from '../../../src/context/sniff-stdin.js';
import { openTarContext } from '../../../src/context/tar-context.js';

function temporary(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'tsbuild-tar-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function* pieces(data: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of stream) all.push(Buffer.from(chunk));
  return Buffer.concat(all);
}

function sampleTar(t: ExecutionContext): Buffer {
  const dir = temporary(t);
  mkdirSync(join(dir, 'd'));
  writeFileSync(join(dir, 'Dockerfile'), 'FROM scratch\n');
  writeFileSync(join(dir, 'd', 'big'), Buffer.alloc(3_000_000, 'x'));
  writeFileSync(join(dir, 'd', '.wh.name'), 'a name like any other');
  symlinkSync('../../../etc/passwd', join(dir, 'd', 'link'));
  linkSync(join(dir, 'Dockerfile'), join(dir, 'hard'));
  return execFileSync('tar', ['-C', dir, '--owner=4711', '--group=4712', '-cf', '-', '.'], {
    maxBuffer: 1 << 25,
  });
}

for (const [name, pack] of [
  ['plain', (b: Buffer) => b],
  ['gzip', gzipSync],
] as const) {
  test(`${name}: a tree over one spool file`, async (t) => {
    const spool = join(temporary(t), 'spool');
    const { kind, stream } = await sniffStdin(pieces(pack(sampleTar(t)), 700));
    t.is(kind, 'tar');
    const view = await openTarContext({ stream, spool });
    t.deepEqual(view.children(fromUtf8('')), ['Dockerfile', 'd', 'hard'].map(fromUtf8));
    t.like(view.get(fromUtf8('d/big')), {
      type: 'file',
      uid: 0,
      gid: 0,
      size: 3_000_000,
      content: { kind: 'file', path: fromUtf8(spool) },
    });
    t.is(view.read(fromUtf8('Dockerfile'), 100).toString(), 'FROM scratch\n');
    t.is(view.read(fromUtf8('hard'), 100).toString(), 'FROM scratch\n');
    t.is(view.get(fromUtf8('hard'))?.inode, view.get(fromUtf8('Dockerfile'))?.inode);
    t.truthy(view.get(fromUtf8('hard'))?.inode);
    t.true(view.read(fromUtf8('d/big'), 3_000_000).every((byte) => byte === 0x78));
    t.like(view.get(fromUtf8('d/link')), { type: 'symlink', link: fromUtf8('../../../etc/passwd') });
    t.is(view.get(fromUtf8('d/link/x')), undefined);
    t.is(view.get(fromUtf8('d/.wh.name'))?.type, 'file');
    t.throws(() => view.read(fromUtf8('d/big'), 10), { code: 'LAYER_LIMIT' });
  });
}

test('a damaged or hostile archive fails and leaves no spool file', async (t) => {
  const spool = join(temporary(t), 'spool');
  const good = sampleTar(t);
  await t.throwsAsync(openTarContext({ stream: pieces(good.subarray(0, 40_000), 4096), spool }), {
    code: 'LAYER_INVALID',
  });
  t.false(existsSync(spool));
  const evil = execFileSync('tar', ['--transform', 's,^,../../,', '-P', '-cf', '-', 'package.json'], {
    maxBuffer: 1 << 25,
  });
  await t.throwsAsync(openTarContext({ stream: pieces(evil, 4096), spool }), { code: 'LAYER_UNSAFE' });
  t.false(existsSync(spool));
  await t.throwsAsync(openTarContext({ stream: pieces(good, 4096), spool, signal: AbortSignal.abort() }), {
    code: 'ABORTED',
  });
  t.false(existsSync(spool));
});

test('what is not a tar is a Dockerfile', async (t) => {
  for (const text of ['', 'FROM scratch\n', `# ${'x'.repeat(2000)}\nFROM scratch\n`]) {
    for (const size of [1, 511, 4096]) {
      const { kind, stream } = await sniffStdin(pieces(Buffer.from(text), size));
      t.is(kind, 'dockerfile');
      t.is((await collect(stream)).toString(), text);
    }
  }
  t.is((await sniffStdin(pieces(Buffer.alloc(1024), 1024))).kind, 'dockerfile');
});
