// One blob on its way into the store: what is shown of it, and what its failures say.
import test from 'ava';
import { fetchBlob } from '../../../src/images/fetch-blob.js';
import type { Layer } from '../../../src/images/layer.js';
import { digestOf, type DiffId } from '../../../src/core/digest.js';
import { TsbuildError } from '../../../src/core/errors.js';
import type { BuildEvent } from '../../../src/core/events.js';
import { MEDIA } from '../../../src/oci/types.js';
import { openStore } from '../../../src/store/store.js';
import { tempDir } from '../../support/temp-store.js';

const BYTES = Buffer.from('twelve bytes');

function layerOf(chunks: readonly Buffer[]): Layer {
  const descriptor = { mediaType: MEDIA.ociLayer, digest: digestOf(BYTES), size: BYTES.length };
  const source = {
    name: 'docker.io/library/base:latest',
    async *open() {
      yield* chunks;
    },
  };
  return { diffId: digestOf('tar') as DiffId, descriptor, source };
}

function scene(t: Parameters<typeof tempDir>[0]) {
  const store = openStore(tempDir(t));
  const events: BuildEvent[] = [];
  const options = {
    store,
    signal: new AbortController().signal,
    emit: (event: BuildEvent) => void events.push(event),
    now: () => 1,
  };
  return { store, events, options };
}

const readAll = async (tee: AsyncIterable<Buffer>) => {
  for await (const chunk of tee) void chunk;
};

test('it is a step of its own, which ends when all is there', async (t) => {
  const { store, events, options } = scene(t);
  const layer = layerOf([BYTES.subarray(0, 5), BYTES.subarray(5)]);
  await fetchBlob(options, layer, readAll);
  t.true(store.hasWholeBlob(layer.descriptor));
  const [start] = events;
  const name = `[internal] fetch docker.io/library/base:latest ${layer.descriptor.digest.slice(0, 19)}`;
  t.is(start?.kind === 'step-start' ? start.step.name : '', name);
  const progress = events.filter(({ kind }) => kind === 'step-progress');
  t.like(progress.at(-1), { current: BYTES.length, total: BYTES.length, isDone: true });
  t.like(events.at(-1), { kind: 'step-end', status: 'done' });
});

test('what is wrong with its content names the layer; what is wrong with the line does not need it', async (t) => {
  const { store, events, options } = scene(t);
  const layer = layerOf([BYTES]);
  const failing = (failure: Error) => t.throwsAsync(fetchBlob(options, layer, () => Promise.reject(failure)));
  const damaged = await failing(new TsbuildError('LAYER_INVALID', 'tar: nonsense', { hint: 'a hint' }));
  const message = `layer ${layer.descriptor.digest} of docker.io/library/base:latest: tar: nonsense`;
  t.like(damaged, { code: 'LAYER_INVALID', message, hint: 'a hint' });
  const line = new TsbuildError('REGISTRY_UNREACHABLE', 'no line');
  t.is(await failing(line), line);
  t.like(events.at(-1), { kind: 'step-end', status: 'error' });
  t.false(store.hasBlob(layer.descriptor.digest));
});

test('a layer that was made here is not fetched', (t) => {
  const { options } = scene(t);
  const { diffId, descriptor } = layerOf([]);
  t.throws(() => fetchBlob(options, { diffId, descriptor }, readAll), { message: /invariant/ });
});
