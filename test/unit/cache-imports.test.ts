// Builds with a remote cache: a store that is empty beside a pack that another store has left.
import test, { type ExecutionContext } from 'ava';
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { encodePack } from '../../src/cache/remote/pack-format.js';
import { signPack } from '../../src/cache/remote/pack-signature.js';
import { digestOf, hexOf, type Digest, type DiffId } from '../../src/core/digest.js';
import type { BuildRequest, CacheFrom } from '../../src/plan/request.js';
import { createRig, type Rig } from '../rig/rig.js';
import type { ScriptedBuild } from '../rig/scripted-build.js';
import { packFileOf } from '../support/packs.js';
import { dir, file } from '../support/sandbox-rootfs.js';
import { addBlob, packOfStore, publishLoose, type LoosePack } from '../support/store-as-pack.js';
import { tempDir } from '../support/temp-store.js';

const DOCKERFILE = `FROM base AS build
COPY src /src
RUN make
RUN test
FROM base
COPY --from=build /out /out
RUN --mount=from=build,source=/out,target=/in use
RUN last
`;
const COMMANDS = ['make', 'test', 'use', 'last'];

/** A machine: its store is empty, and its context that of all others. */
async function machine(t: ExecutionContext): Promise<Rig> {
  const rig = createRig(t);
  rig.write({ 'src/a': 'one' });
  for (const path of ['src/a', 'src']) utimesSync(join(rig.context, path), 1_600_000_000, 1_600_000_000);
  await rig.serve('base');
  rig.endAll((command) => [dir('out'), file(`out/${command}`, `made by ${command}`)]);
  return rig;
}

const commandsOf = (rig: Rig): string[] => rig.started.map((command) => command.replace(/^.* -c /, ''));
const fetches = (build: ScriptedBuild): string[] =>
  build.events.flatMap((event) =>
    event.kind === 'step-start' && event.step.id.startsWith('fetch ') ? [event.step.id.slice(6)] : [],
  );

interface World {
  readonly rig: Rig;
  /** Of an image that was built without a cache. */
  readonly layers: readonly DiffId[];
  readonly path: string;
  readonly from: CacheFrom;
  readonly pack: LoosePack;
  build(request?: Partial<BuildRequest>, text?: string): ScriptedBuild;
}

/** A second machine, and the pack of the first one, which `change` has changed. */
async function world(
  t: ExecutionContext,
  change: (pack: LoosePack) => void = () => undefined,
): Promise<World> {
  const first = await machine(t);
  const { digest } = await first.build(DOCKERFILE, { tags: ['app'] }).result;
  const pack = packOfStore(first.store);
  t.is(pack.records.length, 6);
  const path = join(tempDir(t), 'cache');
  change(pack);
  await publishLoose(pack, path);
  const rig = await machine(t);
  const from: CacheFrom = { place: { type: 'local', path } };
  return {
    rig,
    path,
    from,
    pack,
    layers: first.layersOf(digest),
    build: (request = {}, text = DOCKERFILE) => rig.build(text, { cacheFrom: [from], ...request }),
  };
}

const blobPath = (path: string, digest: Digest): string => join(path, 'blobs', 'sha256', hexOf(digest));

/** Of the step that has that command. */
function recordOf({ records, blobs }: LoosePack, command: string) {
  const has = (text: string, name: string) => text.includes(`made by ${name}`);
  const isOf = (text: string) => COMMANDS.every((name) => has(text, name) === (name === command));
  const found = records.find(({ blob }) => isOf(gunzipSync(blobs.get(blob.digest)!).toString('latin1')));
  if (!found) throw new Error(`no record of ${command}`);
  return found;
}

test('an empty store beside a cache: nothing is executed, and nothing is fetched that nobody needs', async (t) => {
  const { build, rig } = await world(t);
  const wanted = build({ outputs: [{ type: 'cacheonly' }] });
  t.like(await wanted.result, { executed: 0, cached: 6 });
  t.deepEqual([commandsOf(rig), fetches(wanted), wanted.notes], [[], [], []]);
  t.true(wanted.events.some((event) => event.kind === 'step-end' && event.from?.endsWith('/cache:main')));
});

test('an image that is kept has its layers brought in once, and those of other stages are not', async (t) => {
  const { build, rig, layers, path, pack } = await world(t);
  const kept = build({ tags: ['app'] });
  const { digest, executed } = await kept.result;
  t.is(executed, 0);
  t.deepEqual(rig.layersOf(digest), layers);
  t.is(fetches(kept).length, layers.length);
  for (const { blob } of pack.records) rmSync(blobPath(path, blob.digest));
  const again = build({ tags: ['app'] });
  t.is((await again.result).executed, 0);
  t.deepEqual([fetches(again), kept.notes, again.notes], [[], [], []]);
});

test('after an edit only what comes later is executed', async (t) => {
  const { build, rig } = await world(t);
  const text = DOCKERFILE.replace('RUN last', 'RUN other');
  await build({ tags: ['app'] }, text).result;
  t.deepEqual(commandsOf(rig), ['other']);
});

test('a step of another stage that is edited brings in what it works on', async (t) => {
  const { build, rig } = await world(t);
  await build({ tags: ['app'] }, DOCKERFILE.replace('RUN test', 'RUN check')).result;
  t.deepEqual(commandsOf(rig).toSorted(), ['check', 'last', 'use']);
});

type Change = (world: Pick<World, 'path' | 'pack'>) => void;

/** What is done to the layer of a step behind the back of the pack. */
const damage = (command: string, change: (bytes: Buffer) => Buffer | undefined): Change => {
  return ({ path, pack }) => {
    const { blob } = recordOf(pack, command);
    const place = blobPath(path, blob.digest);
    const bytes = change(readFileSync(place));
    rmSync(place);
    if (bytes) writeFileSync(place, bytes);
  };
};
const flipped = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes);
  copy[bytes.length >> 1]! ^= 1;
  return copy;
};

for (const [what, change] of Object.entries<Change>({
  'a layer that is gone': damage('use', () => undefined),
  'a layer that is cut': damage('use', (bytes) => bytes.subarray(0, 100)),
  'a layer with a bit that is flipped': damage('use', flipped),
  'a layer that is another one': damage('use', () => gzipSync('other')),
  'a layer that grew': damage('use', (bytes) => Buffer.concat([bytes, bytes])),
  'two layers that are gone': (world) => {
    damage('use', () => undefined)(world);
    damage('last', () => undefined)(world);
  },
  'all layers gone': ({ path, pack }) => {
    for (const { blob } of pack.records) rmSync(blobPath(path, blob.digest), { force: true });
  },
})) {
  test(`${what}: the image is the same, and one sentence is said`, async (t) => {
    const world_ = await world(t);
    change(world_);
    const build = world_.build({ tags: ['app'] });
    const { digest } = await build.result;
    t.deepEqual(world_.rig.layersOf(digest), world_.layers);
    t.is(build.notes.length, 1, build.notes.join('\n'));
    t.true(
      build.notes[0]?.startsWith(`the cache ${world_.path}:main has a layer that is of no use`),
      build.notes[0],
    );
    t.deepEqual(
      world_.rig.left().filter((name) => name.startsWith('tmp-')),
      [],
    );
  });
}

const forge = (pack: LoosePack, command: string, forged: Partial<LoosePack['records'][number]>): void => {
  const record = recordOf(pack, command);
  pack.records = pack.records.map((each) => (each === record ? { ...each, ...forged } : each));
};

for (const [what, change] of Object.entries<(pack: LoosePack) => void>({
  'a diff id that is not that of the layer': (pack) =>
    forge(pack, 'last', { diffId: digestOf('another') as DiffId }),
  'the diff id of another layer': (pack) => forge(pack, 'last', { diffId: recordOf(pack, 'use').diffId }),
  'the layer of another step': (pack) => forge(pack, 'last', { blob: recordOf(pack, 'use').blob }),
  'a layer that is no archive': (pack) =>
    forge(pack, 'last', { blob: addBlob(pack.blobs, Buffer.alloc(2000, 'x')) }),
  'a layer of an absurd size': (pack) => forge(pack, 'last', { size: 2 ** 50 }),
  'a layer that expands a hundred thousand times': (pack) => forge(pack, 'last', { size: 2 ** 36 }),
})) {
  test(`${what} is noticed, and the image is the same`, async (t) => {
    const { build, rig, layers } = await world(t, change);
    const made = build({ tags: ['app'] });
    t.deepEqual(rig.layersOf((await made.result).digest), layers);
    t.true(made.notes.length <= 1, made.notes.join('\n'));
    t.true(commandsOf(rig).includes('last'));
  });
}

test('a digest of files that is forged costs the cache and nothing else', async (t) => {
  const { build, rig, layers } = await world(t, (pack) => {
    pack.selections = pack.selections.map((each) => ({ ...each, digest: hexOf(digestOf('forged')) }));
  });
  const made = build({ tags: ['app'] });
  t.deepEqual(rig.layersOf((await made.result).digest), layers);
  t.is(made.notes.length, 1);
  t.deepEqual(commandsOf(rig).toSorted(), [...COMMANDS].toSorted());
});

/** Puts other bytes in the place of the records. */
async function withRecords(t: ExecutionContext, bytes: (pack: LoosePack) => Buffer) {
  const { path, ...rest } = await world(t);
  const place = join(path, 'blobs', 'sha256');
  const packed = encodePack({ ...rest.pack, mounts: [] });
  const replaced = bytes(rest.pack);
  for (const name of readdirSync(place)) {
    const file_ = join(place, name);
    if (statSync(file_).size > 100_000) continue;
    const text = readFileSync(file_, 'utf8');
    if (!text.includes(packed.digest)) continue;
    // The manifest names the records by digest and size.
    const manifest = text
      .replaceAll(packed.digest, digestOf(replaced))
      .replace(`"size":${packed.bytes.length}`, `"size":${replaced.length}`);
    const digest = digestOf(manifest);
    writeFileSync(join(place, hexOf(digest)), manifest);
    const index = join(path, 'index.json');
    const entry = readFileSync(index, 'utf8')
      .replaceAll(digestOf(text), digest)
      .replaceAll(`"size":${Buffer.byteLength(text)}`, `"size":${Buffer.byteLength(manifest)}`);
    writeFileSync(index, entry);
  }
  writeFileSync(join(place, hexOf(digestOf(replaced))), replaced);
  return { path, ...rest };
}

for (const [what, bytes] of Object.entries<(pack: LoosePack) => Buffer>({
  'records that are cut': (pack) => encodePack({ ...pack, mounts: [] }).bytes.subarray(0, 300),
  'records of another version': () => packFileOf({ version: 2 }),
  'a byte more than is read': () => Buffer.alloc((16 << 20) + 1),
  'records that are a bomb': () => gzipSync(Buffer.alloc(65 << 20)),
  words: () => Buffer.from('no pack'),
})) {
  test(`${what}: the build is one without a cache, and says so once`, async (t) => {
    const { build, rig, layers, path } = await withRecords(t, bytes);
    const made = build({ tags: ['app'] });
    t.deepEqual(rig.layersOf((await made.result).digest), layers);
    t.deepEqual(commandsOf(rig).toSorted(), [...COMMANDS].toSorted());
    t.is(made.notes.length, 1, made.notes.join('\n'));
    t.true(made.notes[0]?.startsWith(`the cache ${path}:main is not used: `), made.notes[0]);
  });
}

test('a place where nothing is yet is no failure', async (t) => {
  const { build, rig } = await world(t);
  const from: CacheFrom = { place: { type: 'local', path: join(tempDir(t), 'none') } };
  const made = build({ cacheFrom: [from], outputs: [{ type: 'cacheonly' }] });
  await made.result;
  t.is(commandsOf(rig).length, COMMANDS.length);
  t.deepEqual(made.notes, []);
  const logged = made.events.map((event) => (event.kind === 'step-log' ? String(event.data) : ''));
  t.true(logged.includes('nothing is there yet\n'));
});

test('the scopes of a chain are asked in their order', async (t) => {
  const { build, rig, path, pack } = await world(t);
  const last = recordOf(pack, 'last');
  await publishLoose({ ...pack, records: pack.records.filter((each) => each !== last) }, path, 'main');
  await publishLoose({ ...pack, records: [last] }, path, 'pr-1');
  const from: CacheFrom = { place: { type: 'local', path }, scopes: ['pr-2', 'pr-1', 'main'] };
  const made = build({ cacheFrom: [from], tags: ['app'] });
  t.is((await made.result).executed, 0);
  t.deepEqual(commandsOf(rig), []);
});

test('a layer that disappears while the build runs is made', async (t) => {
  const { build, rig, layers, pack, path } = await world(t);
  const made = build({ tags: ['app'] });
  made.whenever((event) => {
    if (event.kind === 'step-start' && event.step.id.startsWith('fetch '))
      for (const { blob } of pack.records) rmSync(blobPath(path, blob.digest), { force: true });
  });
  t.deepEqual(rig.layersOf((await made.result).digest), layers);
  t.is(made.notes.length, 1);
});

test('a build whose output can be written once brings layers in before it depends on them', async (t) => {
  const { build, rig, path, pack, layers } = await world(t);
  damage('use', flipped)({ path, pack });
  damage('last', () => undefined)({ path, pack });
  const made = build({ tags: ['app'], dockerfile: '-' });
  t.deepEqual(rig.layersOf((await made.result).digest), layers);
  t.deepEqual(commandsOf(rig).toSorted(), ['last', 'use']);
  t.is(made.notes.length, 1);
});

test('without the cache no cache is asked', async (t) => {
  const { build, rig } = await world(t);
  const made = build({ noCache: true, outputs: [{ type: 'cacheonly' }] });
  await made.result;
  t.is(commandsOf(rig).length, COMMANDS.length);
  t.false(made.events.some((event) => event.kind === 'step-start' && event.step.name.includes('importing')));
});

test('a stage that must not use the cache is made, and the others are found', async (t) => {
  const { build, rig } = await world(t);
  await build({ noCacheFilter: ['build'], outputs: [{ type: 'cacheonly' }] }).result;
  t.deepEqual(commandsOf(rig).toSorted(), ['make', 'test']);
});

test('a layer of a cache is looked through for secrets', async (t) => {
  const { build } = await world(t);
  const secrets = [{ id: 's', value: Buffer.from('made by last') }];
  const error = await build({ secrets, tags: ['app'] }).failure();
  t.like(error, { code: 'SECRET_LEAKED' });
});

test('a layer that was looked through where it was made is not fetched for that', async (t) => {
  const { build } = await world(t, (pack) => {
    pack.records.splice(0, Infinity, ...pack.records.map((row) => ({ ...row, isInspected: true as const })));
  });
  const secrets = [{ id: 's', value: Buffer.from('a value that is nowhere') }];
  const wanted = build({ secrets, outputs: [{ type: 'cacheonly' }] });
  t.like(await wanted.result, { executed: 0, cached: 6 });
  t.deepEqual(fetches(wanted), []);
});

test('with a key only packs that it has signed count', async (t) => {
  const [own, other] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
  const { build, rig, pack, from, path } = await world(t);
  const verifyKey = join(tempDir(t), 'key.pem');
  writeFileSync(verifyKey, own.publicKey.export({ type: 'spki', format: 'pem' }));
  const signed = (key: typeof own.privateKey) => signPack(encodePack({ ...pack, mounts: [] }).digest, key);
  const cacheFrom = [{ ...from, verifyKey }];
  const outputs = [{ type: 'cacheonly' }] as const;

  const unsigned = build({ cacheFrom, outputs });
  await unsigned.result;
  t.is(commandsOf(rig).length, COMMANDS.length);
  t.regex(unsigned.notes.join(), /^the cache .*:main is not used: it is not signed \(write it with/);

  await publishLoose({ ...pack, signature: signed(other.privateKey) }, path);
  const forged = (await machine(t)).build(DOCKERFILE, { cacheFrom, outputs });
  await forged.result;
  t.regex(forged.notes.join(), /its signature is of another key, or of other bytes/);

  const next = await machine(t);
  await publishLoose({ ...pack, signature: signed(own.privateKey) }, path);
  await next.build(DOCKERFILE, { cacheFrom, outputs }).result;
  t.deepEqual(commandsOf(next), []);
});

test('a key that is none is said before anything is built', async (t) => {
  const { build, from, rig } = await world(t);
  const verifyKey = join(tempDir(t), 'key.pem');
  const fails = () => build({ cacheFrom: [{ ...from, verifyKey }] }).failure();
  t.like(await fails(), { code: 'OPTION_INVALID' });
  writeFileSync(verifyKey, generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'pem' }));
  t.regex((await fails()).message, /is no ed25519 key/);
  t.deepEqual(commandsOf(rig), []);
});

for (const [what, change] of Object.entries<(bytes: Buffer) => Buffer | undefined>({
  'is wrong': flipped,
  'is gone': () => undefined,
}))
  test(`a layer that ${what} is noticed when it is passed on to a registry`, async (t) => {
    const { build, rig, path, pack } = await world(t);
    damage('last', change)({ path, pack });
    const made = build({ tags: ['registry.test/app:1'], outputs: [{ type: 'image', push: true }] });
    await made.result;
    t.deepEqual(commandsOf(rig), ['last']);
    t.is(made.notes.length, 1, made.notes.join('\n'));
  });

test('a place that cannot be read costs one sentence', async (t) => {
  const { build, rig, layers } = await world(t);
  const place = { type: 'registry', ref: 'registry.invalid/cache:main' } as const;
  const made = build({ cacheFrom: [{ place }], tags: ['app'] });
  t.deepEqual(rig.layersOf((await made.result).digest), layers);
  t.is(made.notes.length, 1, made.notes.join('\n'));
  t.regex(made.notes[0]!, /^the cache registry\.invalid\/cache:main is not used: /);
});
