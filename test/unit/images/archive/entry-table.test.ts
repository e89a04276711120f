// Names of entries: clean, unique, and nowhere but in the archive.
import test from 'ava';
import fc from 'fast-check';
import { fromUtf8 } from '../../../../src/core/bytes.js';
import { TsbuildError } from '../../../../src/core/errors.js';
import { createEntryTable } from '../../../../src/images/archive/entry-table.js';
import type { RawEntry } from '../../../../src/layer/tar/raw-entry.js';

function entry(name: string, type: RawEntry['type'] = 'file', linkname = ''): RawEntry {
  return {
    type,
    typeflag: '0',
    name: fromUtf8(name),
    mode: 0,
    uid: 0,
    gid: 0,
    size: 0,
    mtime: 0,
    mtimeNsec: 0,
    linkname: fromUtf8(linkname),
    devMajor: 0,
    devMinor: 0,
    offset: 0,
  };
}

function table(...entries: readonly RawEntry[]) {
  const made = createEntryTable('x.tar');
  entries.forEach((each, size) => made.add(each, () => ({ size, async *open() {} })));
  return made;
}

test('names are found however they are written, and links lead to files', (t) => {
  const { find } = table(
    entry('./'),
    entry('./a/', 'dir'),
    entry('./a//file'),
    entry('b/link', 'symlink', '../a/./file'),
    entry('b/again', 'symlink', 'link'),
    entry('hard', 'hardlink', './a/file'),
  );
  for (const name of ['a/file', './a/file', 'b/link', 'b/again', 'hard']) t.is(find(name)?.size, 2, name);
  t.is(find('c'), undefined);
});

test('what no tool writes is refused by name', (t) => {
  const refused: [RawEntry[], RegExp][] = [
    [[entry('../up')], /^x\.tar: \.\.\/up: a name with \.\.$/],
    [[entry('a/../../up')], /a name with/],
    [[entry('/etc/passwd')], /^x\.tar: \/etc\/passwd: an absolute name$/],
    [[entry('l', 'symlink', '/etc/passwd')], /^x\.tar: l: a link to \/etc\/passwd, outside of the archive$/],
    [[entry('a/l', 'symlink', '../../x')], /outside of the archive/],
    [[entry('h', 'hardlink', '../x')], /a name with/],
    [[entry('d', 'char')], /^x\.tar: d: an entry of type char/],
    [[entry('d', 'block')], /type block/],
    [[entry('p', 'fifo')], /type fifo/],
    [[entry('v', 'other')], /type other/],
    [[entry('a'), entry('./a')], /^x\.tar: \.?\/?a: the archive holds it twice$/],
    [[entry('a', 'dir'), entry('a')], /twice/],
    [[{ ...entry('s'), runs: [0, 1] }], /a file with holes/],
  ];
  for (const [entries, message] of refused) {
    const error = t.throws(() => table(...entries));
    t.like(error, { code: 'ARCHIVE_INVALID' }, String(message));
    t.regex(error!.message, message);
  }
});

test('links that lead nowhere, in a circle or to a folder are told when they are followed', (t) => {
  const { find } = table(
    entry('gone', 'symlink', 'no'),
    entry('a', 'symlink', 'b'),
    entry('b', 'symlink', 'a'),
    entry('folder', 'dir'),
  );
  t.regex(t.throws(() => find('gone'))!.message, /a link to no, which is not there/);
  t.regex(t.throws(() => find('a'))!.message, /a circle of links/);
  t.regex(t.throws(() => find('folder'))!.message, /a folder, not a file/);
});

test('no name or link leads out of the archive', (t) => {
  const part = fc.constantFrom('..', '.', '', 'a', 'b', '/');
  const path = fc.array(part, { maxLength: 6 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(path, path, fc.constantFrom('symlink', 'hardlink', 'file'), (name, link, type) => {
      try {
        const made = table(entry('a/b'), entry(name, type as RawEntry['type'], link));
        const found = made.find(name);
        return found === undefined || found.size <= 1;
      } catch (error) {
        return error instanceof TsbuildError && error.code === 'ARCHIVE_INVALID';
      }
    }),
  );
  t.pass();
});
