// Writing a pack over the one that is there, while others do the same.
import test, { type ExecutionContext } from 'ava';
import { generateKeyPairSync } from 'node:crypto';
import { decodePack, encodePack } from '../../../../src/cache/remote/pack-format.js';
import { signPack } from '../../../../src/cache/remote/pack-signature.js';
import type { FoundPack, PackStore } from '../../../../src/cache/remote/pack-store.js';
import type { Pack, PackRecord } from '../../../../src/cache/remote/pack.js';
import { publishPack, type PublishJob } from '../../../../src/cache/remote/publish-pack.js';
import { createStepTrail } from '../../../../src/cache/remote/step-trail.js';
import { digestOf } from '../../../../src/core/digest.js';
import { TsbuildError } from '../../../../src/core/errors.js';
import { madeLayer } from '../../../../src/images/layer.js';
import { packOf, recordOf } from '../../../support/packs.js';

const { signal } = new AbortController();
const RULES = { today: 20_000, maxBytes: 1000, mountsMaxBytes: 1000 };

interface Place extends PackStore {
  found: FoundPack;
  readonly log: string[];
  /** Called before a pack takes its place. */
  before: () => void;
}

/** What others do to it is done by `found`. */
function placeWith(found: FoundPack = { kind: 'nothing' }): Place {
  const log: string[] = [];
  const place: Place = {
    name: 'place',
    found,
    log,
    before: () => undefined,
    async read() {
      log.push('read');
      return place.found;
    },
    async *openBlob() {},
    async putBlob() {},
    async publish({ packed, signature }, seen) {
      const now = place.found.kind === 'nothing' ? undefined : place.found.revision;
      place.before();
      log.push(now === seen ? 'written' : 'late');
      if (now !== seen) return false;
      place.found = {
        kind: 'pack',
        bytes: packed.bytes,
        revision: packed.digest,
        ...(signature && { signature }),
      };
      return true;
    },
  };
  return place;
}

function foundOf(pack: Pack): FoundPack & { readonly kind: 'pack' } {
  const { bytes, digest } = encodePack(pack);
  return { kind: 'pack', bytes, revision: digest };
}

function namesIn({ found }: Place): readonly string[] {
  if (found.kind !== 'pack') return [];
  const names = ['a', 'b', 'c', 'd'].filter((name) =>
    decodePack(found.bytes).records.some(({ key }) => key === recordOf(name).key),
  );
  return names;
}

function publish(
  t: ExecutionContext,
  store: Place,
  own: readonly PackRecord[],
  more: Partial<PublishJob> = {},
) {
  const add = async () => packOf(own);
  const note = (message: string): void => t.fail(message);
  const now = (): number => 0;
  return publishPack({ store, rules: RULES, keys: undefined, add, signal, now, note, ...more });
}

test('what is new is added to what is there, and looked at once more', async (t) => {
  const place = placeWith(foundOf(packOf([recordOf('a')])));
  t.is((await publish(t, place, [recordOf('b')])).outcome, 'written');
  t.deepEqual(namesIn(place), ['a', 'b']);
  t.deepEqual(place.log, ['read', 'written', 'read']);
});

test('with nothing new nothing is written', async (t) => {
  const place = placeWith(foundOf(packOf([recordOf('a'), recordOf('b')])));
  t.is((await publish(t, place, [recordOf('b')])).outcome, 'known');
  t.deepEqual(place.log, ['read']);
});

test('who comes late merges with what came before', async (t) => {
  const place = placeWith();
  let count = 0;
  const add = async (old: Pack): Promise<Pack> => {
    if (count++ === 0) place.found = foundOf(packOf([recordOf('c')]));
    else t.is(old.records.length, 1);
    return packOf([recordOf('a')]);
  };
  t.is((await publish(t, place, [], { add })).outcome, 'written');
  t.deepEqual(namesIn(place), ['a', 'c']);
  t.deepEqual(place.log, ['read', 'late', 'read', 'written', 'read']);
});

test('who is overwritten writes again, sixteen times at the most', async (t) => {
  for (const [times, outcome, names] of [
    [1, 'written', ['a', 'c']],
    [20, 'outrun', ['c']],
  ] as const) {
    const place = placeWith();
    let count = 0;
    const { read } = place;
    const store: Place = {
      ...place,
      async read(abort) {
        const isVerified = place.log.at(-1) === 'written';
        if (isVerified && count++ < times) place.found = foundOf(packOf([recordOf('c')]));
        return read(abort);
      },
    };
    t.is((await publish(t, store, [recordOf('a')])).outcome, outcome);
    t.deepEqual(namesIn(place), names);
    t.is(place.log.filter((entry) => entry === 'written').length, Math.min(times + 1, 16));
  }
});

test('others that write again and again are not waited for for ever', async (t) => {
  const place = placeWith();
  let count = 0;
  const add = async () => {
    place.found = foundOf(
      packOf([recordOf('c'), { ...recordOf('d'), created: `2026-01-${++count + 9}T00:00:00Z` }]),
    );
    return packOf([recordOf('a')]);
  };
  t.is((await publish(t, place, [], { add })).outcome, 'outrun');
  t.is(place.log.filter((entry) => entry === 'late').length, 16);
});

/** One that others write over, a moment after they looked. */
function overwritten(place: Place): Place {
  let isFirst = true;
  return {
    ...place,
    async publish(pack, seen, abort) {
      const isOurs = await place.publish(pack, seen, abort);
      if (isFirst) setTimeout(() => (place.found = foundOf(packOf([recordOf('c')]))), 20);
      isFirst = false;
      return isOurs;
    },
  };
}

test('it is looked at when others have written what they were about to', async (t) => {
  const place = placeWith();
  t.is((await publish(t, overwritten(place), [recordOf('a')])).outcome, 'written');
  t.deepEqual(namesIn(place), ['a', 'c']);
});

test('a place that takes one of two writers alone is looked at at once', async (t) => {
  const place = placeWith();
  const store: Place = { ...overwritten(place), isAtomic: true };
  t.is((await publish(t, store, [recordOf('a')])).outcome, 'written');
  t.deepEqual(namesIn(place), ['a']);
});

test('what is no pack: an image stays, a cache is replaced, damage is begun anew', async (t) => {
  const image = placeWith({ kind: 'other', what: 'an image', revision: 'r' });
  const error = await t.throwsAsync(publish(t, image, [recordOf('a')]));
  t.like(error, { code: 'CACHE_INVALID', message: 'place is an image, and no cache is written over it' });
  for (const [found, words] of [
    [
      { kind: 'other', what: 'a cache of BuildKit', revision: 'r', isCache: true },
      'place was a cache of BuildKit: it is replaced',
    ],
    [{ kind: 'pack', bytes: Buffer.from('damage'), revision: 'r' }, /^place is begun anew: this is no cache/],
  ] as const) {
    const notes: string[] = [];
    const place = placeWith(found);
    await publish(t, place, [recordOf('a')], { note: (message) => notes.push(message) });
    t.deepEqual(namesIn(place), ['a']);
    t.is(notes.length, 1);
    if (typeof words === 'string') t.is(notes[0], words);
    else t.regex(notes[0]!, words);
  }
});

test('a place that cannot be read may be one that is not there yet', async (t) => {
  const place = placeWith();
  let isFirst = true;
  const { read } = place;
  const store: Place = {
    ...place,
    async read(abort) {
      if (!isFirst) return read(abort);
      isFirst = false;
      throw new TsbuildError('REGISTRY_UNAUTHORIZED', 'no');
    },
  };
  t.is((await publish(t, store, [recordOf('a')])).outcome, 'written');
});

test('a layer that is gone costs the records of others, and only once', async (t) => {
  const place = placeWith(foundOf(packOf([recordOf('a')])));
  const gone = new TsbuildError('REGISTRY_REFUSED', 'manifest blob unknown');
  let failures = 0;
  place.before = () => {
    if (failures++ === 0) throw gone;
  };
  const olds: number[] = [];
  const add = async (old: Pack) => {
    olds.push(old.records.length);
    return packOf([recordOf('b')]);
  };
  t.is((await publish(t, place, [], { add })).outcome, 'written');
  t.deepEqual(namesIn(place), ['b']);
  t.deepEqual(olds, [1, 0]);
  const refused = placeWith();
  refused.before = () => {
    throw gone;
  };
  await t.throwsAsync(publish(t, refused, [recordOf('a')]), { is: gone });
});

test('layers that were of no use to this build are not kept', async (t) => {
  const place = placeWith(foundOf(packOf([recordOf('a'), recordOf('c')])));
  const bad = recordOf('c').blob.digest;
  await publish(t, place, [recordOf('b')], { isRefused: (blob) => blob === bad });
  t.deepEqual(namesIn(place), ['a', 'b']);
});

test('with a key a pack is signed, and only what it signed is merged', async (t) => {
  const keys = generateKeyPairSync('ed25519');
  const found = foundOf(packOf([recordOf('a')]));
  const place = placeWith(found);
  const notes: string[] = [];
  const note = (message: string): void => void notes.push(message);
  await publish(t, place, [recordOf('b')], { keys, note });
  t.deepEqual(namesIn(place), ['b']);
  t.deepEqual(notes, ['place does not carry a signature of this key: it is begun anew']);
  if (place.found.kind !== 'pack') return t.fail();
  t.is(place.found.signature, signPack(digestOf(place.found.bytes), keys.privateKey));
  await publish(t, place, [recordOf('c')], { keys });
  t.deepEqual(namesIn(place), ['b', 'c']);
});

test('a trail keeps the last layer of each key, and the answers', (t) => {
  const trail = createStepTrail();
  const { key, diffId } = recordOf('a');
  const layer = madeLayer({ diffId, blob: diffId, size: 1 }, undefined);
  trail.listeners.onStep(key, layer);
  trail.listeners.onStep(key, layer);
  trail.listeners.onSelection('question', 'answer');
  t.deepEqual([...trail.steps], [[key, layer]]);
  t.deepEqual([...trail.selections], [['question', 'answer']]);
});
