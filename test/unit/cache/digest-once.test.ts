import test, { type ExecutionContext } from 'ava';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOnce, type SelectionQuestion } from '../../../src/cache/digest-once.js';
import { fromUtf8 } from '../../../src/core/bytes.js';
import { digestOf, type DiffId } from '../../../src/core/digest.js';
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
    ask(question: SelectionQuestion, answer: string): 'known' | 'computed' {
      let isComputed = false;
      const digest = digestOnce(store, question, () => {
        isComputed = true;
        return answer;
      });
      t.is(digest, answer);
      return isComputed ? 'computed' : 'known';
    },
  };
}

test('a selection is hashed once for the same layers and the same question', (t) => {
  const { ask } = asking(t);
  t.is(ask(QUESTION, 'd1'), 'computed');
  t.is(ask(QUESTION, 'd1'), 'known');
  t.is(ask({ ...QUESTION, request: { ...QUESTION.request, origin: 'image' } }, 'd1'), 'known');
});

test('other layers, another order of them, and every part of the question are asked apart', (t) => {
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
  others.forEach((question, i) => t.is(ask(question, `d${i}`), 'computed'));
  others.forEach((question, i) => t.is(ask(question, `d${i}`), 'known'));
});

test('a memo that is cut, changed, empty or another one is not believed', (t) => {
  const { ask, store } = asking(t);
  ask(QUESTION, 'd1');
  const [name = ''] = readdirSync(store.paths.selections);
  const file = join(store.paths.selections, name);
  const good = readFileSync(file, 'utf8');
  ask({ ...QUESTION, layers: [] }, 'other');
  const other = readdirSync(store.paths.selections).find((one) => one !== name)!;
  const foreign = readFileSync(join(store.paths.selections, other), 'utf8');
  for (const bad of ['', 'd1', good.slice(0, -1), good.replace('d1', 'd2'), foreign]) {
    writeFileSync(file, bad);
    t.is(ask(QUESTION, 'd1'), 'computed', JSON.stringify(bad));
    t.is(readFileSync(file, 'utf8'), good);
  }
});
