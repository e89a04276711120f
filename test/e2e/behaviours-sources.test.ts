// What ADD unpacks, which ignore file counts, where heredocs are expanded.
// Behaviours 14, 15, 18, 19 and 30 of the forty in these files (behaviours-*.test.ts), which builders often get wrong.
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { bench, shown } from '../support/behaviour.js';
import { serveFiles } from '../support/http-files.js';
import { tarOf } from '../support/tiny-image.js';

const archive = gzipSync(tarOf([{ path: 'in', mode: 0o640, uid: 3, gid: 4, content: Buffer.from('in') }]));

test('behaviour 14: ADD unpacks by content, whatever the name', async (t) => {
  const { give, build } = bench(t);
  give({ 'x.bin': archive, 'fake.tgz': 'plain text' });
  const { files } = await build('FROM scratch\nADD x.bin /o\nADD fake.tgz /p\n');
  t.is(shown(files.get('o')), 'Directory 755 0:0');
  t.is(shown(files.get('o/in')), 'File 640 3:4');
  t.is(files.get('p')?.text, 'plain text');
});

test('behaviour 15: ADD of a URL is a file of its own, unpacked only with --unpack', async (t) => {
  const lastModified = 'Wed, 21 Oct 2015 07:28:00 GMT';
  const { origin } = await serveFiles(t, { '/a.tgz': { body: archive, lastModified } });
  const { build } = bench(t);
  const { files } = await build(`FROM scratch\nADD ${origin}/a.tgz /d/\n`);
  t.is(shown(files.get('d/a.tgz')), 'File 600 0:0');
  t.is(files.get('d/a.tgz')?.mtime.getTime(), Date.parse(lastModified));
  const unpacked = await build(`FROM scratch\nADD --unpack ${origin}/a.tgz /d/\n`);
  t.deepEqual(unpacked.added.toSorted(), ['d', 'd/in']);
});

test('behaviour 18: an ignore file may take back what it left out; the last line wins', async (t) => {
  const { give, build } = bench(t);
  give({ 'src/a': 'a', 'src/deep/b': 'b', 'src/deep/c': 'c', other: 'o' });
  const added = async (ignore: string) => {
    give({ '.dockerignore': ignore });
    return (await build('FROM scratch\nCOPY . /\n')).added.toSorted();
  };
  t.deepEqual(await added('*\n!src\n'), ['src', 'src/a', 'src/deep', 'src/deep/b', 'src/deep/c']);
  t.deepEqual(await added('*\n!src/deep/b\n'), ['src', 'src/deep', 'src/deep/b']);
  t.deepEqual(await added('*\n!src\nsrc/deep\n'), ['src', 'src/a']);
});

test('behaviour 19: the ignore file of the Dockerfile is used alone', async (t) => {
  const { give, build, context } = bench(t);
  give({
    'sub/a.Dockerfile': 'FROM scratch\nCOPY . /\n',
    'sub/a.Dockerfile.dockerignore': 'sub\none\n.dockerignore\n',
    '.dockerignore': 'two\n',
    one: '1',
    two: '2',
  });
  const { added } = await build(undefined, { dockerfile: join(context, 'sub', 'a.Dockerfile') });
  t.deepEqual(added, ['two']);
});

test('behaviour 30: a heredoc of COPY is expanded unless its word is quoted', async (t) => {
  const { build } = bench(t);
  const { files } = await build('FROM scratch\nARG A=1\nCOPY <<E /x\n"$A" \\$A\nE\n');
  t.is(files.get('x')?.text, '"1" $A\n');
  t.is(shown(files.get('x')), 'File 644 0:0');
  const quoted = await build('FROM scratch\nARG A=1\nCOPY <<"E" /x\n"$A" \\$A\nE\n');
  t.is(quoted.files.get('x')?.text, '"$A" \\$A\n');
  t.is(shown(quoted.files.get('x')), 'File 644 0:0');
});
