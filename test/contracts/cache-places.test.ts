// Whole builds with a cache in each place besides registries: one machine writes it, another one with an empty store
// reads it; what is gone or damaged costs time and changes nothing.
import test, { type ExecutionContext } from 'ava';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildEvent } from '../../src/core/events.js';
import type { CachePlace } from '../../src/plan/request.js';
import { serveGha } from '../support/fake-gha.js';
import { FAKE_KEYS, serveS3 } from '../support/fake-s3.js';
import { builder, type Builder } from '../support/in-process-build.js';
import { serveS3rver } from '../support/s3rver.js';
import { tempDir } from '../support/temp-store.js';

const DOCKERFILE = `FROM scratch AS sources
COPY src /src
WORKDIR /made/by/the/stage
FROM scratch
COPY --from=sources /src /app
WORKDIR /app/data
`;
const FILES = { 'src/a': 'a'.repeat(5000), 'src/b': 'b'.repeat(5000) };

interface World {
  readonly place: CachePlace;
  readonly env?: Readonly<Record<string, string>>;
  /** Takes all layers away, not the records. */
  loseLayers(): void;
  /** Changes a byte of each layer. */
  damageLayers(): void;
}

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length >> 1]! ^= 1;
  return copy;
}

function localWorld(t: ExecutionContext): World {
  const path = join(tempDir(t), 'cache');
  const blobs = join(path, 'blobs', 'sha256');
  /** Neither the manifest and the config nor the records. */
  const layers = (): string[] => {
    const index = JSON.parse(readFileSync(join(path, 'index.json'), 'utf8')) as {
      manifests: { digest: string }[];
    };
    const manifest = JSON.parse(
      readFileSync(join(blobs, index.manifests[0]!.digest.replace('sha256:', '')), 'utf8'),
    ) as { layers: { digest: string }[] };
    return manifest.layers.slice(1).map(({ digest }) => join(blobs, digest.replace('sha256:', '')));
  };
  return {
    place: { type: 'local', path },
    loseLayers: () => layers().forEach((file) => rmSync(file)),
    damageLayers: () => layers().forEach((file) => writeFileSync(file, flipped(readFileSync(file)))),
  };
}

async function s3World(t: ExecutionContext): Promise<World> {
  const fake = await serveS3(t);
  const layers = () => [...fake.objects].filter(([key]) => key.startsWith('team/blobs/'));
  return {
    place: { type: 's3', bucket: fake.bucket, endpointUrl: fake.url, prefix: 'team/', ...FAKE_KEYS },
    loseLayers: () => layers().forEach(([key]) => fake.objects.delete(key)),
    damageLayers: () => layers().forEach(([, object]) => (object.bytes = flipped(object.bytes))),
  };
}

async function ghaWorld(t: ExecutionContext): Promise<World> {
  const fake = await serveGha(t);
  const layers = () => fake.entries().filter(({ key }) => key.startsWith('tsbuild-layers#'));
  return {
    place: { type: 'gha' },
    env: { ACTIONS_RESULTS_URL: fake.url, ACTIONS_RUNTIME_TOKEN: fake.token },
    loseLayers: () => layers().forEach(({ key }) => fake.remove(key)),
    // Each layer has its own part: all bytes that are no headers are others.
    damageLayers: () => layers().forEach(({ bytes }) => bytes.forEach((byte, at) => (bytes[at] = byte ^ 1))),
  };
}

function machine(t: ExecutionContext): Builder {
  const of = builder(t);
  of.write(FILES);
  return of;
}

const notes = (events: readonly BuildEvent[]): string[] =>
  events.flatMap((event) => (event.kind === 'note' ? [event.message] : []));

/** Names and contents. */
function contentOf(files: string): string {
  const names = readdirSync(files, { recursive: true, encoding: 'utf8' }).toSorted();
  const hash = createHash('sha256');
  for (const name of names) {
    const path = join(files, name);
    hash.update(`${name}\0`).update(statSync(path).isFile() ? readFileSync(path) : '');
  }
  return hash.digest('hex');
}

for (const [name, create] of [
  ['local', localWorld],
  ['s3', s3World],
  ['gha', ghaWorld],
] as const) {
  const shared = async (t: ExecutionContext): Promise<World> => {
    const world = await create(t);
    const { place, env } = world;
    const first = machine(t);
    await first.build(
      { dockerfileText: DOCKERFILE, cacheTo: [{ place, mode: 'max', ignoreError: false }] },
      { env: { ...env } },
    );
    t.deepEqual(notes(first.events), []);
    return world;
  };

  test(`${name}: an empty store finds every step, and after an edit the steps before it`, async (t) => {
    const { place, env } = await shared(t);
    const other = machine(t);
    const request = { dockerfileText: DOCKERFILE, cacheFrom: [{ place }] };
    const found = await other.build(request, { env: { ...env } });
    t.is(found.executed, 0);
    const cold = machine(t);
    t.is(contentOf(found.files), contentOf((await cold.build({ dockerfileText: DOCKERFILE })).files));
    const edited = machine(t);
    const text = DOCKERFILE.replace('/app/data', '/app/other');
    t.is((await edited.build({ ...request, dockerfileText: text }, { env: { ...env } })).executed, 1);
    t.deepEqual(
      [other, edited].flatMap(({ events }) => notes(events)),
      [],
    );
  });

  test(`${name}: a second machine adds what it made`, async (t) => {
    const { place, env } = await shared(t);
    const text = DOCKERFILE.replace('/app/data', '/app/other');
    const second = machine(t);
    await second.build(
      { dockerfileText: text, cacheFrom: [{ place }], cacheTo: [{ place, mode: 'max', ignoreError: false }] },
      { env: { ...env } },
    );
    for (const dockerfileText of [DOCKERFILE, text]) {
      const third = machine(t);
      t.is((await third.build({ dockerfileText, cacheFrom: [{ place }] }, { env: { ...env } })).executed, 0);
    }
  });

  for (const harm of ['loseLayers', 'damageLayers'] as const)
    test(`${name}: ${harm}: the result is that of a cold build`, async (t) => {
      const world = await shared(t);
      world[harm]();
      const other = machine(t);
      const request = { dockerfileText: DOCKERFILE, cacheFrom: [{ place: world.place }] };
      const built = await other.build(request, { env: { ...world.env } });
      const cold = await machine(t).build({ dockerfileText: DOCKERFILE });
      t.is(contentOf(built.files), contentOf(cold.files));
      t.is(notes(other.events).length, 1, notes(other.events).join('\n'));
    });
}

test('s3: a server that nobody here wrote carries a build', async (t) => {
  const { url: endpointUrl, bucket, keys } = await serveS3rver(t);
  const place = { type: 's3', bucket, endpointUrl, ...keys } as const;
  await machine(t).build({
    dockerfileText: DOCKERFILE,
    cacheTo: [{ place, mode: 'max', ignoreError: false }],
  });
  const other = machine(t);
  t.is((await other.build({ dockerfileText: DOCKERFILE, cacheFrom: [{ place }] })).executed, 0);
  t.deepEqual(notes(other.events), []);
});

test('gha: outside of a job one note says how to get the variables, and the build goes on', async (t) => {
  const of = machine(t);
  const place = { type: 'gha' } as const;
  t.true((await of.build({ dockerfileText: DOCKERFILE, cacheFrom: [{ place }] })).executed > 0);
  t.is(notes(of.events).length, 1);
  t.regex(notes(of.events)[0]!, /ghaction-github-runtime/);
});
