// What COPY makes of links, directories, owners and patterns.
// Behaviours 1 to 13, 16 and 17 of the forty in these files (behaviours-*.test.ts), which builders often get wrong.
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { bench, shown } from '../support/behaviour.js';
import { testNeeding } from '../support/requirements.js';

const testOnBase = testNeeding('sandbox', 'busybox');

test('behaviour 1: a link that is named as the source is followed', async (t) => {
  const { give, build } = bench(t);
  give({ t: 'content', link: { link: 't' } });
  const { files } = await build('FROM scratch\nCOPY link /o\n');
  t.is(files.get('o')?.type, 'File');
  t.is(files.get('o')?.text, 'content');
});

test('behaviour 2: links inside of a copied directory stay links, dangling ones too', async (t) => {
  const { give, build } = bench(t);
  give({ 'd/x': 'x', 'd/l': { link: 'x' }, 'd/dead': { link: 'nowhere' } });
  const { files } = await build('FROM scratch\nCOPY d /o\n');
  t.deepEqual(
    ['o/l', 'o/dead'].map((path) => [files.get(path)?.type, files.get(path)?.link]),
    [
      ['SymbolicLink', 'x'],
      ['SymbolicLink', 'nowhere'],
    ],
  );
});

testOnBase('behaviour 3: a directory that exists keeps its mode and owner', async (t) => {
  const { give, build } = bench(t);
  give({ d: { mode: 0o711 }, 'd/f': 'f' });
  const { files } = await build('FROM busybox\nRUN mkdir -m 750 /app && chown 5:6 /app\nCOPY d /app\n');
  t.is(shown(files.get('app')), 'Directory 750 5:6');
  t.is(files.get('app/f')?.text, 'f');
});

test('behaviour 4: the directory that is made for the copy is 0755 root, those below keep their mode', async (t) => {
  const { give, build } = bench(t);
  give({ d: { mode: 0o700 }, 'd/s': { mode: 0o711 } });
  const { files } = await build('FROM scratch\nCOPY d /n\n');
  t.is(shown(files.get('n')), 'Directory 755 0:0');
  t.is(shown(files.get('n/s')), 'Directory 711 0:0');
});

testNeeding('busybox')(
  'behaviour 5: USER and the owner on the host do not matter, the mode does',
  async (t) => {
    const { give, build, context } = bench(t);
    give({ f: { text: 'f', mode: 0o640 } });
    if (process.getuid?.() === 0) chownSync(join(context, 'f'), 501, 20);
    const { files } = await build('FROM busybox\nUSER 1000\nCOPY f /f\n');
    t.is(shown(files.get('f')), 'File 640 0:0');
  },
);

testOnBase('behaviour 6: a copy out of a stage keeps the owner', async (t) => {
  const { build } = bench(t);
  const { files } = await build(
    'FROM busybox AS a\nRUN touch /f && chown 3:4 /f\nFROM scratch\nCOPY --from=a /f /\n',
  );
  t.is(files.get('f')?.owner, '3:4');
});

testNeeding('busybox')('behaviour 7: --chown by number and by name; an unknown name fails', async (t) => {
  const { give, build, fail } = bench(t);
  give({ f: 'f' });
  const { files } = await build('FROM busybox\nCOPY --chown=55 f /a\nCOPY --chown=daemon f /b\n');
  t.is(files.get('a')?.owner, '55:55');
  t.is(files.get('b')?.owner, '7:8');
  // BuildKit makes this 0:0 without a word; its reference promises the failure.
  const { error } = await fail('FROM busybox\nCOPY --chown=nosuch f /c\n');
  t.regex(error.message, /nosuch/);
  t.is(error.location?.startLine, 2);
});

test('behaviour 8: several sources for one file name leave the last one', async (t) => {
  const { give, build } = bench(t);
  give({ a: 'of a', b: 'of b' });
  t.is((await build('FROM scratch\nCOPY a b /n\n')).files.get('n')?.text, 'of b');
  const { files } = await build('FROM scratch\nCOPY a b /n/\n');
  t.is(files.get('n/a')?.text, 'of a');
  t.is(files.get('n/b')?.text, 'of b');
});

test('behaviour 9: directories that a wildcard matches are flattened', async (t) => {
  const { give, build } = bench(t);
  give({ 'a/q/1': '1', 'b/w/2': '2' });
  const { added } = await build('FROM scratch\nCOPY * /o/\n');
  t.deepEqual(added.toSorted(), ['o', 'o/q', 'o/q/1', 'o/w', 'o/w/2']);
});

test('behaviour 10: a wildcard may match nothing, a name may not', async (t) => {
  const { give, build, fail } = bench(t);
  give({ foo: 'foo' });
  t.deepEqual((await build('FROM scratch\nCOPY foo nomatch* /\n')).added, ['foo']);
  t.regex((await fail('FROM scratch\nCOPY nofile /\n')).error.message, /"\/nofile": not found/);
});

test('behaviour 11: .. does not leave the context', async (t) => {
  const { give, build } = bench(t);
  give({ f: 'inside', '../f': 'outside' });
  t.is((await build('FROM scratch\nCOPY ../f /f\n')).files.get('f')?.text, 'inside');
});

testOnBase(
  'behaviour 12: links in the path of the destination are followed inside of the image',
  async (t) => {
    const { give, build } = bench(t);
    give({ f: 'f' });
    const { files } = await build('FROM busybox\nRUN ln -s /real /lnk && mkdir /real\nCOPY f /lnk/x/f\n');
    t.is(files.get('real/x/f')?.text, 'f');
    t.is(files.get('lnk')?.link, '/real');
    t.false([...files.keys()].some((path) => path.startsWith('lnk/')));
  },
);

testOnBase('behaviour 13: neither a file takes the place of a directory nor the reverse', async (t) => {
  const { give, fail } = bench(t);
  give({ 'd/s': 'file', 'e/s/f': 'f' });
  const file = await fail('FROM busybox\nRUN mkdir -p /n/s\nCOPY d /n\n');
  t.regex(file.error.message, /cannot replace to directory \/n\/s with file/);
  const directory = await fail('FROM busybox\nRUN mkdir /n && touch /n/s\nCOPY e /n\n');
  t.regex(directory.error.message, /cannot copy to non-directory: \/n\/s/);
});

test('behaviour 16: --exclude is matched below each source', async (t) => {
  const { give, build } = bench(t);
  give({ 'd/a.txt': 'a', 'd/s/c.txt': 'c' });
  const added = async (pattern: string) =>
    (await build(`FROM scratch\nCOPY --exclude=${pattern} d /o\n`)).added.toSorted();
  t.deepEqual(await added('*.txt'), ['o', 'o/s', 'o/s/c.txt']);
  t.deepEqual(await added('**/*.txt'), ['o', 'o/s']);
  t.deepEqual(await added('s'), ['o', 'o/a.txt']);
  // A source that is a file itself is not filtered, however it is named.
  for (const source of ['d/a.txt', 'd/*.txt'])
    for (const word of ['COPY', 'ADD'])
      t.deepEqual((await build(`FROM scratch\n${word} --exclude=*.txt ${source} /o/\n`)).added.toSorted(), [
        'o',
        'o/a.txt',
      ]);
});

test('behaviour 17: --parents keeps the path after the pivot', async (t) => {
  const { give, build } = bench(t);
  give({ 'x/y/a.txt': 'a', 'x/y/b.md': 'b' });
  const { added } = await build('FROM scratch\nCOPY --parents ./x/./y/*.txt /p/\n');
  t.deepEqual(added.toSorted(), ['p', 'p/y', 'p/y/a.txt']);
});
