import test, { type ExecutionContext } from 'ava';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOnce, type SelectionQuestion } from '../../../src/cache/digest-once.js';
import { fromUtf8 } from '../../../src/core/bytes.js';
import { digestOf, type DiffId } from '../../../src/core/digest.js';
import type { TsbuildError } from '../../../src/core/errors.js';
import { openStore } from '../../../src/store/store.js';
import { tempDir } from '../../support/temp-store.js';

const layer = (name: string) => digestOf(name) as DiffId;
const QUESTION: SelectionQuestion = {
  layers: [layer('one'), layer('two')],
  request: { sources: [fromUtf8('a')], wildcards: 'expand', origin: 'stage' },
};

/** Asks, and tells whether the answer had to be computed. */
function asking(t: ExecutionContext) {
  const store = openStore(tempDir(t));
  return {
    store,
    async ask(question: SelectionQuestion, answer: string): Promise<'known' | 'computed'> {
      let isComputed = false;
      const { digest, confirm } = await digestOnce({ store }, question, async () => {
        isComputed = true;
        return answer;
      });
      t.is(digest, answer);
      const state = isComputed ? 'computed' : 'known';
      isComputed = false;
      await confirm();
      t.false(isComputed);
      return state;
    },
  };
}

test('a selection is hashed once for the same layers and the same question', async (t) => {
  const { ask } = asking(t);
  t.is(await ask(QUESTION, 'd1'), 'computed');
  t.is(await ask(QUESTION, 'd1'), 'known');
  t.is(await ask({ ...QUESTION, request: { ...QUESTION.request, origin: 'image' } }, 'd1'), 'known');
});

test('other layers, another order of them, and every part of the question are asked apart', async (t) => {
  const { ask } = asking(t);
  const { layers, request } = QUESTION;
  const others: SelectionQuestion[] = [
    QUESTION,
    { layers: layers.slice(0, 1), request },
    { layers: [...layers].toReversed(), request },
    { layers, request: { ...request, sources: [fromUtf8('b')] } },
    { layers, request: { ...request, sources: [fromUtf8('a'), fromUtf8('a')] } },
    { layers, request: { ...request, wildcards: 'literal' } },
    { layers, request: { ...request, isParents: true } },
    { layers, request: { ...request, excludes: ['x'] } },
  ];
  for (const state of ['computed', 'known'] as const)
    for (const [i, question] of others.entries()) t.is(await ask(question, `d${i}`), state);
});

test('a memo that is cut, changed, empty or another one is not believed', async (t) => {
  const { ask, store } = asking(t);
  await ask(QUESTION, 'd1');
  const [name = ''] = readdirSync(store.paths.selections);
  const file = join(store.paths.selections, name);
  const good = readFileSync(file, 'utf8');
  await ask({ ...QUESTION, layers: [] }, 'other');
  const other = readdirSync(store.paths.selections).find((one) => one !== name)!;
  const foreign = readFileSync(join(store.paths.selections, other), 'utf8');
  for (const bad of ['', 'd1', good.slice(0, -1), good.replace('d1', 'd2'), foreign]) {
    writeFileSync(file, bad);
    t.is(await ask(QUESTION, 'd1'), 'computed', JSON.stringify(bad));
    t.is(readFileSync(file, 'utf8'), good);
  }
});

/** A source that knows one answer to everything. */
function knowing(digest: string | undefined) {
  const refused: string[] = [];
  const asked: string[] = [];
  return {
    refused,
    asked,
    async find(name: string) {
      asked.push(name);
      return digest;
    },
    async refuse(name: string, error: TsbuildError) {
      refused.push(name);
      return error;
    },
  };
}

test('another machine is asked before anything is computed, and told of each answer', async (t) => {
  const store = openStore(tempDir(t));
  const selections = knowing('d1');
  const told: string[] = [];
  const cache = {
    store,
    selections,
    onSelection: (name: string, digest: string) => told.push(`${name} ${digest}`),
  };
  const compute = async () => t.fail() as never;
  t.is((await digestOnce(cache, QUESTION, compute)).digest, 'd1');
  t.deepEqual(told, [`${selections.asked[0]} d1`]);
});

test('a foreign answer is kept when it was confirmed, and the store is asked from then on', async (t) => {
  const { ask, store } = asking(t);
  const selections = knowing('d1');
  await (await digestOnce({ store, selections }, QUESTION, async () => 'd1')).confirm();
  t.is(await ask(QUESTION, 'd1'), 'known');
  t.deepEqual([selections.asked.length, selections.refused], [1, []]);
  await digestOnce({ store, selections }, QUESTION, async () => 'd1');
  t.is(selections.asked.length, 1);
});

test('a foreign answer that is wrong is refused before anything depends on it', async (t) => {
  const { ask, store } = asking(t);
  const selections = knowing('wrong');
  const { confirm } = await digestOnce({ store, selections }, QUESTION, async () => 'right');
  t.like(await t.throwsAsync(confirm()), { code: 'CACHE_INVALID' });
  t.deepEqual(selections.refused, selections.asked);
  t.is(await ask(QUESTION, 'right'), 'known');
});
