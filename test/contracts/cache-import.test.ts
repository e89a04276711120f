// A remote cache in Debian's docker-registry, behind a proxy that counts: what an import asks for, and what it carries.
import type { ExecutionContext } from 'ava';
import { testNeeding } from '../support/requirements.js';
import type { BuildEvent } from '../../src/core/events.js';
import type { BuildRequest } from '../../src/plan/request.js';
import { startCountedRegistry, type CountedRegistry } from '../support/counting-proxy.js';
import { builder, type Builder } from '../support/in-process-build.js';

const test = testNeeding('registry');

const DOCKERFILE = `FROM scratch AS sources
COPY src /src
WORKDIR /made/by/the/stage
FROM scratch
COPY --from=sources /src /app
WORKDIR /app/data
`;

/** A store of its own, and the context of all others. */
function machine(t: ExecutionContext): Builder {
  const of = builder(t);
  of.write({ 'src/a': 'a'.repeat(5000), 'src/b': 'b'.repeat(5000) });
  return of;
}

interface Shared {
  readonly registry: CountedRegistry;
  readonly request: Partial<BuildRequest>;
}

/** A registry that has the image and the cache of a build. */
async function shared(t: ExecutionContext): Promise<Shared> {
  const registry = await startCountedRegistry(t);
  const place = { type: 'registry', ref: `${registry.host}/team/app-cache:main` } as const;
  const outputs = [{ type: 'image', push: true }] as const;
  const request = { dockerfileText: DOCKERFILE, tags: [`${registry.host}/team/app:1`], outputs };
  await machine(t).build({ ...request, cacheTo: [{ place, mode: 'max' }] });
  registry.forget();
  return { registry, request: { ...request, cacheFrom: [{ place }] } };
}

const cached = (events: readonly BuildEvent[]): number =>
  events.filter((event) => event.kind === 'step-end' && event.from !== undefined).length;
const notes = (events: readonly BuildEvent[]): string[] =>
  events.flatMap((event) => (event.kind === 'note' ? [event.message] : []));

test('an empty store asks two times, finds every step, and pushes without a byte of a layer', async (t) => {
  const { registry, request } = await shared(t);
  const other = machine(t);
  t.like(await other.build(request), { executed: 0, cached: 4 });
  t.is(cached(other.events), 4);
  const ofCache = registry.requests.filter(({ path }) => path.startsWith('/v2/team/app-cache/'));
  t.deepEqual(
    ofCache.map(({ method, path }) => `${method} ${path.split('/').at(-2)}`),
    ['GET manifests', 'GET blobs'],
  );
  t.is(registry.requests.indexOf(ofCache[1]!) < 4, true);
  t.is(registry.bytes().up, 0);
  t.is(registry.bytes().down, ofCache[1]!.down);
  t.deepEqual(notes(other.events), []);
});

test('an image for another repository has its layers mounted', async (t) => {
  const { registry, request } = await shared(t);
  const other = machine(t);
  const { executed } = await other.build({ ...request, tags: [`${registry.host}/elsewhere/app:1`] });
  t.is(executed, 0);
  const mounts = registry.requests.filter(({ query }) => query.includes('mount='));
  t.true(mounts.length >= 2);
  t.true(mounts.every(({ status }) => status === 201));
  // The config alone is sent.
  t.true(registry.bytes().up < 2000, `${registry.bytes().up}`);
});

test('files that are wanted bring in the layers of the image, and those of other stages are not asked for', async (t) => {
  const { registry, request } = await shared(t);
  const other = machine(t);
  t.is((await other.build({ ...request, outputs: [{ type: 'local', dest: 'out' }] })).executed, 0);
  const blobs = registry.requests.filter(({ path }) => path.includes('/app-cache/blobs/'));
  t.is(blobs.length, 3);
});
