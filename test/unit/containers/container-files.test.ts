import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import {
  findDamaged,
  listDamaged,
  listRecords,
  readExit,
  readFinished,
  readRecord,
  readState,
  requireContainer,
} from '../../../src/containers/container-files.js';
import { containersPaths } from '../../../src/containers/container-paths.js';
import { openStore } from '../../../src/store/store.js';
import { tempDir } from '../../support/temp-store.js';

const DAMAGE = ['', '{', '{}', 'null', '[1]', '7', '"x"', '\0\0\0\0'];
const idOf = (digit: string): string => digit.repeat(64);

function emptyPlace(t: Parameters<typeof tempDir>[0]) {
  const paths = containersPaths(openStore(tempDir(t)).paths);
  mkdirSync(paths.names, { recursive: true });
  return {
    paths,
    put(id: string, name: string, text: string) {
      mkdirSync(dirname(paths.of(id).record), { recursive: true });
      writeFileSync(paths.of(id).record, text);
      symlinkSync(id, join(paths.names, name));
    },
  };
}

const recordText = (id: string, name: string): string =>
  JSON.stringify({ version: 1, id, name, createdAt: 1, config: {}, host: {} });

test('a damaged record hides no other container, is told of by its name, and can be found to be removed', (t) => {
  const { paths, put } = emptyPlace(t);
  put(idOf('a'), 'sound', recordText(idOf('a'), 'sound'));
  DAMAGE.forEach((text, index) => put(idOf(String(index)), `bad${index}`, text));
  t.deepEqual(
    listRecords(paths).map(({ name }) => name),
    ['sound'],
  );
  t.is(listDamaged(paths).length, DAMAGE.length);
  t.is(findDamaged(paths, 'sound'), undefined);
  DAMAGE.forEach((_, index) => {
    const id = idOf(String(index));
    t.throws(() => readRecord(paths, id), { code: 'STORE_CORRUPT' });
    t.throws(() => requireContainer(paths, `bad${index}`), { code: 'STORE_CORRUPT' });
    t.is(findDamaged(paths, id), id);
    t.is(findDamaged(paths, `/bad${index}`), id);
  });
});

test('a container is found by its id, its name, and the beginning of its id, as names are links', (t) => {
  const { paths, put } = emptyPlace(t);
  put(idOf('a'), 'one', recordText(idOf('a'), 'one'));
  put(idOf('b'), 'aaaa', recordText(idOf('b'), 'aaaa'));
  // A renaming or a removal was killed.
  symlinkSync(idOf('a'), join(paths.names, 'stale'));
  symlinkSync(idOf('c'), join(paths.names, 'gone'));
  symlinkSync('../../elsewhere', join(paths.names, 'strange'));
  for (const [text, name] of [
    ['one', 'one'],
    ['/one', 'one'],
    [idOf('a'), 'one'],
    ['aaa', 'one'],
    ['aaaa', 'aaaa'],
  ] as const)
    t.is(requireContainer(paths, text).name, name, text);
  for (const text of ['stale', 'gone', 'strange', '../one', '.', '', 'one/..', idOf('d')])
    t.throws(() => requireContainer(paths, text), { code: 'CONTAINER_NOT_FOUND' }, text);
});

test('a damaged state, end or exit is of no run', (t) => {
  const { paths, put } = emptyPlace(t);
  put(idOf('a'), 'one', recordText(idOf('a'), 'one'));
  const files = paths.of(idOf('a'));
  for (const text of DAMAGE) {
    for (const path of [files.state, files.finished, files.exit]) writeFileSync(path, text);
    t.is(readState(files), undefined, text);
    t.is(readFinished(files), undefined, text);
    t.is(readExit(files), undefined, text);
  }
});
