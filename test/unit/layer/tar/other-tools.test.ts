// Other implementations read what we write and write what we read: GNU tar, Python's tarfile, node-tar's lister.
import { list, type ReadEntry } from 'tar';
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import test from 'ava';
import { join } from 'node:path';
import { fromUtf8, type ByteString } from '../../../../src/core/bytes.js';
import type { LayerEntry, TreeNode } from '../../../../src/layer/entry.js';
import { createTarStream } from '../../../../src/layer/tar/tar-stream.js';
import { collect, parse } from './support/parse.js';
import { tempDir } from './support/temp-dir.js';
import { run, testWith } from './support/tools.js';

const base = { mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 1700000000, mtimeNsec: 0 };
const data = Buffer.from('hello');
const file: TreeNode = { ...base, type: 'file', size: 5, content: { kind: 'bytes', data } };
const at = (path: string, node: TreeNode): LayerEntry => ({ kind: 'node', path: fromUtf8(path), node });
const long = `${'directory/'.repeat(30)}name`;

const entries: LayerEntry[] = [
  at('', { ...base, type: 'dir', mode: 0o755 }),
  { kind: 'opaque', path: fromUtf8('d') },
  { kind: 'whiteout', path: fromUtf8('d/gone') },
  at('d', { ...base, type: 'dir', mode: 0o1777 }),
  at('d/file', { ...file, mode: 0o4755, uid: 3000000, gid: 4000000, mtimeNsec: 123000000 }),
  { kind: 'hardlink', path: fromUtf8('d/hard'), target: fromUtf8('d/file') },
  at('d/old', { ...file, mtime: -86401 }),
  at('d/pipe', { ...base, type: 'fifo' }),
  at('d/null', { ...base, type: 'char', devMajor: 1, devMinor: 3 }),
  at('d/link', { ...base, type: 'symlink', link: fromUtf8('../ä') }),
  at('d/xattr', { ...file, xattrs: { 'user.b': '\xff\n\0=' as ByteString, 'user.a': fromUtf8('text') } }),
  at('ä€', file),
  at(long, file),
  at('raw', { ...base, type: 'symlink', link: `${'x'.repeat(120)}` as ByteString }),
];

const ourTar = (): Promise<Buffer> => collect(createTarStream(entries, { held: Infinity }).chunks);

const names = [
  './',
  'd/.wh..wh..opq',
  'd/.wh.gone',
  'd/',
  'd/file',
  'd/hard',
  'd/old',
  'd/pipe',
  'd/null',
  'd/link',
  'd/xattr',
  'ä€',
  long,
  'raw',
];

testWith('tar')('GNU tar reads what we write', async (t) => {
  const tar = await ourTar();
  const lines = run('tar', ['-tvf', '-', '--full-time', '--numeric-owner', '--quoting-style=literal'], {
    input: tar,
  }).toString();
  const listed = lines
    .trimEnd()
    .split('\n')
    .map((line) => line.replaceAll(/ +/g, ' '));
  t.deepEqual(
    listed.map((line) => line.split(' ').slice(5).join(' ').split(' -> ')[0]!.split(' link to ')[0]!),
    names,
  );
  t.regex(listed[4]!, /^-rwsr-xr-x 3000000\/4000000 5 2023-11-14 22:13:20\.123 d\/file$/);
  t.regex(listed[5]!, /^h.* d\/hard link to d\/file$/);
  t.regex(listed[6]!, /1969-12-30 23:59:59 d\/old$/);
  t.regex(listed[8]!, /^crw-r--r-- 0\/0 1,3 /);
  t.regex(listed[9]!, /^l.* d\/link -> \.\.\/ä$/);
  t.is(run('tar', ['-xOf', '-', 'ä€'], { input: tar }).toString(), 'hello');
});

testWith('python3')('Python reads what we write, attributes byte by byte', async (t) => {
  const script = `
import sys, tarfile, json, io
tar = tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read()), encoding='utf-8', errors='surrogateescape')
out = []
for m in tar:
    x = {k[13:]: v.encode('utf-8', 'surrogateescape').hex() for k, v in m.pax_headers.items() if k.startswith('SCHILY.xattr.')}
    out.append([m.name, m.type.decode(), m.mode, m.uid, m.gid, m.size, m.mtime, m.linkname, m.devmajor, m.devminor, x])
print(json.dumps(out))`;
  const listed = JSON.parse(
    run('python3', ['-c', script], { input: await ourTar() }).toString(),
  ) as unknown[][];
  t.deepEqual(
    listed.map(([name]) => name),
    names.map((name) => name.replace(/\/$/, '')),
  );
  t.deepEqual(listed[4], ['d/file', '0', 0o4755, 3000000, 4000000, 5, 1700000000.123, '', 0, 0, {}]);
  t.deepEqual(listed[5]!.slice(0, 5), ['d/hard', '1', 0o4755, 3000000, 4000000]);
  t.deepEqual(listed[6]![6], -86401);
  t.deepEqual(listed[8]!.slice(7, 10), ['', 1, 3]);
  t.deepEqual(listed[10]![10], { 'user.a': '74657874', 'user.b': 'ff0a003d' });
  t.deepEqual(listed[13]![7], 'x'.repeat(120));
});

test('node-tar reads what we write', async (t) => {
  const found: ReadEntry[] = [];
  const dir = tempDir(t);
  writeFileSync(join(dir, 'a.tar'), await ourTar());
  await list({ file: join(dir, 'a.tar'), strict: true, onReadEntry: (entry) => void found.push(entry) });
  t.deepEqual(
    found.map(({ path }) => path),
    names,
  );
  t.deepEqual([found[4]!.uid, found[4]!.gid, found[4]!.mode], [3000000, 4000000, 0o4755]);
  t.is(found[9]!.linkpath, '../ä');
});

testWith('tar')('we read every format GNU tar writes', (t) => {
  const dir = tempDir(t);
  const deep = join(dir, 'in', 'x'.repeat(60), 'y'.repeat(60), 'z'.repeat(90));
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(dir, 'in', 'file'), 'hello');
  writeFileSync(join(dir, 'in', 'ä'), 'x'.repeat(3000));
  linkSync(join(dir, 'in', 'file'), join(dir, 'in', 'hard'));
  symlinkSync('../elsewhere', join(dir, 'in', 'link'));
  utimesSync(join(dir, 'in', 'file'), 1, 1234567890.5);
  const formats = { v7: /^[^xyz]+$/, ustar: /./, gnu: /./, oldgnu: /./, pax: /./ };
  for (const [format, covered] of Object.entries(formats)) {
    const exclude = format === 'v7' ? ['--exclude=xx*'] : [];
    const tar = run('tar', [`--format=${format}`, '--sort=name', ...exclude, '-cf', '-', '-C', dir, 'in']);
    const found = new Map(parse(tar, { size: 100 }).map((entry) => [entry.raw.name as string, entry]));
    const tree = `in/${'x'.repeat(60)}/${'y'.repeat(60)}/${'z'.repeat(90)}/`;
    const expected = ['in/', 'in/file', 'in/hard', 'in/link', fromUtf8('in/ä'), tree].filter(
      (name) => covered.test(name) || name !== tree,
    );
    for (const name of expected) t.true(found.has(name), `${format}: ${name}`);
    t.is(found.get('in/file')!.data.toString(), 'hello');
    t.is(found.get('in/file')!.raw.mtime, 1234567890);
    t.is(found.get('in/file')!.raw.mtimeNsec, format === 'pax' ? 500000000 : 0);
    t.is(found.get(fromUtf8('in/ä'))!.data.length, 3000);
    t.like(found.get('in/hard')!.raw, { type: 'hardlink', linkname: 'in/file' });
    t.like(found.get('in/link')!.raw, { type: 'symlink', linkname: '../elsewhere' });
  }
});

testWith('tar')('sparse files of GNU tar are read, in every version of the PAX format', (t) => {
  const dir = tempDir(t);
  const content = Buffer.alloc(1 << 20);
  content.write('start');
  content.write('middle', 700_000);
  for (const [name, size] of Object.entries({ holes: 1 << 20, 'hole at the end': 2 << 20, empty: 300_000 })) {
    run('truncate', ['-s', String(size), join(dir, name)]);
    if (name === 'empty') continue;
    const fd = openSync(join(dir, name), 'r+');
    writeSync(fd, content, 0, 4096, 0);
    writeSync(fd, content, 699_392, 1024, 699_392);
    closeSync(fd);
  }
  for (const version of ['0.0', '0.1', '1.0']) {
    const tar = run('tar', ['-S', '--format=pax', `--sparse-version=${version}`, '-cf', '-', '-C', dir, '.']);
    const found = new Map(parse(tar, { size: 1000 }).map((entry) => [entry.raw.name as string, entry]));
    for (const [name, size] of Object.entries({
      holes: 1 << 20,
      'hole at the end': 2 << 20,
      empty: 300_000,
    })) {
      const { raw, data } = found.get(`./${name}`)!;
      t.is(raw.size, size, `${version} ${name}`);
      t.truthy(raw.runs, `${version} ${name}: the archive has no holes`);
      t.true(data.equals(readFileSync(join(dir, name))), `${version} ${name}`);
      t.true(
        tar.subarray(raw.offset).indexOf(name === 'empty' ? '' : 'start') === 0,
        'its data stands where it says',
      );
    }
  }
  const old = run('tar', ['-S', '--format=gnu', '-cf', '-', '-C', dir, 'empty']);
  t.like(parse(old)[0]!.raw, { type: 'other', typeflag: 'S' });
});

testWith('python3')('we read every format Python writes', (t) => {
  const script = `
import sys, tarfile, io
fmt = {'ustar': tarfile.USTAR_FORMAT, 'gnu': tarfile.GNU_FORMAT, 'pax': tarfile.PAX_FORMAT}[sys.argv[1]]
tar = tarfile.open(fileobj=sys.stdout.buffer, mode='w|', format=fmt, pax_headers={'comment': 'global'} if fmt == tarfile.PAX_FORMAT else None)
def add(name, type=tarfile.REGTYPE, data=b'', **more):
    m = tarfile.TarInfo(name); m.type = type; m.size = len(data)
    for k, v in more.items(): setattr(m, k, v)
    tar.addfile(m, io.BytesIO(data))
add('f', data=b'hello', mode=0o4711, uid=5, gid=6, mtime=1234567890)
add('d/' + 'n' * 95, data=b'x')
add('dev', tarfile.CHRTYPE, devmajor=5, devminor=300)
add('s', tarfile.SYMTYPE, linkname='l' * 90)
if fmt != tarfile.USTAR_FORMAT:
    add('big', uid=2**30, gid=2**31)
    add('e' * 300, tarfile.SYMTYPE, linkname='t' * 300)
if fmt == tarfile.PAX_FORMAT:
    add('old', mtime=-1.5, pax_headers={'SCHILY.xattr.user.k': 'v\\nw'})
tar.close()`;
  for (const format of ['ustar', 'gnu', 'pax']) {
    const found = parse(run('python3', ['-c', script, format]), { size: 333 });
    const get = (name: string) => found.find(({ raw }) => raw.name === name)!;
    t.like(get('f').raw, { mode: 0o4711, uid: 5, gid: 6, mtime: 1234567890, size: 5 });
    t.is(get('f').data.toString(), 'hello');
    t.is(get(`d/${'n'.repeat(95)}`).data.toString(), 'x');
    t.like(get('dev').raw, { type: 'char', devMajor: 5, devMinor: 300 });
    t.is(get('s').raw.linkname as string, 'l'.repeat(90));
    if (format === 'ustar') continue;
    t.like(get('big').raw, { uid: 2 ** 30, gid: 2 ** 31 });
    t.is(get('e'.repeat(300)).raw.linkname as string, 't'.repeat(300));
    if (format === 'pax')
      t.like(get('old').raw, { mtime: -2, mtimeNsec: 500000000, xattrs: { 'user.k': 'v\nw' } });
  }
});
