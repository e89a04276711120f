// The index shows the tree that unpacking in order would leave; its text form notices any damage.
import test from 'ava';
import type { DiffId } from '../../../../src/core/digest.js';
import type { LayerEntry } from '../../../../src/layer/entry.js';
import { decodeIndex } from '../../../../src/layer/index-codec.js';
import { readLayer } from '../../../../src/layer/read-layer.js';
import { archive, pax, record, type HostileEntry } from './support/hostile-tar.js';
import { stream } from './support/parse.js';
import { indexTextOf } from '../../../support/index-text.js';

const dir = (name: string): HostileEntry => ({ name, type: '5' });
const file = (name: string, data = ''): HostileEntry => ({ name, data });
const link = (name: string, linkname: string, type = '2'): HostileEntry => ({ name, type, linkname });

async function indexOf(...parts: (HostileEntry | Buffer)[]): Promise<LayerEntry[]> {
  return (await readLayer(stream(archive(...parts)))).index;
}

/** One line per entry: `path type`, and the target of links. */
async function shown(...parts: HostileEntry[]): Promise<string[]> {
  return (await indexOf(...parts)).map((entry) => {
    if (entry.kind === 'node')
      return `${entry.path} ${entry.node.type}${entry.node.type === 'file' ? entry.node.size : ''}`;
    return `${entry.path} ${entry.kind}${entry.kind === 'hardlink' ? ` ${entry.target}` : ''}`;
  });
}

test('entries are sorted bytewise, deletions first', async (t) => {
  const gone = [file('a/.wh.b'), file('a/.wh..wh..opq'), file('.wh.a')];
  t.deepEqual(await shown(file('b'), file('a/b'), dir('a'), file('a!'), ...gone), [
    'a opaque',
    'a whiteout',
    'a dir',
    'a! file0',
    'a/b whiteout',
    'a/b file0',
    'b file0',
  ]);
});

test('a later entry replaces an earlier one, with all below unless both are directories', async (t) => {
  t.deepEqual(await shown(file('a', 'x'), file('a', 'yy')), ['a file2']);
  t.deepEqual(await shown(dir('a'), file('a/b'), dir('a')), ['a dir', 'a/b file0']);
  t.deepEqual(await shown(dir('a'), file('a/b/c'), link('a', 'x')), ['a symlink']);
  t.deepEqual(await shown(file('a/b/c/d'), file('a!'), file('a/b')), ['a! file0', 'a/b file0']);
  t.deepEqual(await shown(link('a', 'x'), dir('a'), file('a/b')), ['a dir', 'a/b file0']);
  t.deepEqual(await shown(dir('a'), file('a/b'), file('a'), dir('a'), file('a/c')), ['a dir', 'a/c file0']);
  t.deepEqual(await shown(file('a/b/c'), file('a/b'), file('a'), file('a/b/c')), ['a file0', 'a/b/c file0']);
});

test('names of one file stay together when one of them is replaced', async (t) => {
  t.deepEqual(await shown(file('b', 'x'), link('a', 'b', '1'), link('c', 'a', '1')), [
    'a file1',
    'b hardlink a',
    'c hardlink a',
  ]);
  t.deepEqual(await shown(file('a', 'x'), link('b', 'a', '1'), file('a', 'yy')), ['a file2', 'b file1']);
  t.deepEqual(await shown(file('d/a', 'x'), link('b', 'd/a', '1'), link('c', 'b', '1'), file('d')), [
    'b file1',
    'c hardlink b',
    'd file0',
  ]);
});

test('hard links to layers below are kept, to directories or to what comes later refused', async (t) => {
  t.deepEqual(await shown(link('a', 'lower/x', '1')), ['a hardlink lower/x']);
  await t.throwsAsync(shown(dir('d'), link('a', 'd', '1')), { code: 'LAYER_INVALID' });
  await t.throwsAsync(shown(link('a', 'b', '1'), file('b')), { code: 'LAYER_INVALID' });
});

test('many replacements take no more than their number in time', async (t) => {
  const parts: HostileEntry[] = [];
  for (let i = 0; i < 3000; i++) parts.push(file(`d/${i}`));
  for (let i = 0; i < 3000; i++) parts.push(i % 2 === 0 ? file('d') : dir('d'));
  t.deepEqual(await shown(...parts), ['d dir']);
});

test('damage to the text of an index is noticed', async (t) => {
  const xattr = pax([record('SCHILY.xattr.__proto__', Buffer.from([0, 10, 255]))]);
  const index = await indexOf(
    xattr,
    file('\u00e4', 'x'),
    link('l', 't'),
    link('h', '\u00e4', '1'),
    file('.wh.w'),
    {
      name: 'c',
      type: '3',
      devMajor: '0000001\0',
    },
  );
  const diffId = `sha256:${'0'.repeat(64)}` as DiffId;
  const text = indexTextOf(index);
  t.is(decodeIndex(text, diffId).length, 5);
  t.is(indexTextOf(decodeIndex(text, diffId)), text);
  t.deepEqual(decodeIndex(indexTextOf([]), diffId), []);
  for (let i = 0; i < text.length; i++) {
    const damaged = `${text.slice(0, i)}${text[i] === '0' ? '1' : '0'}${text.slice(i + 1)}`;
    t.throws(() => decodeIndex(damaged, diffId), { code: 'STORE_CORRUPT' }, `byte ${i}`);
    t.throws(() => decodeIndex(text.slice(0, i), diffId), { code: 'STORE_CORRUPT' }, `cut at ${i}`);
  }
  for (const other of ['', '{}', '\n', text.replace('/1 ', '/2 ')])
    t.throws(() => decodeIndex(other, diffId), { code: 'STORE_CORRUPT' });
});
