// Cache mounts between machines: each has a store of its own, and they share a cache in a directory.
import test, { type ExecutionContext } from 'ava';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { TsbuildError } from '../../src/core/errors.js';
import type { BuildRequest, CacheTo } from '../../src/plan/request.js';
import { createMountPacks } from '../../src/pack-mounts.js';
import type { SavedCache } from '../../src/worker/sandbox.js';
import { createRig, type Rig } from '../rig/rig.js';
import type { ScriptedBuild } from '../rig/scripted-build.js';
import { addLayer, file } from '../support/sandbox-rootfs.js';
import { tempDir } from '../support/temp-store.js';

const MOUNT = '--mount=type=cache,target=/c';
const dockerfile = (command: string, mount = MOUNT): string => `FROM scratch\nRUN ${mount} ${command}\n`;

interface World {
  readonly path: string;
  readonly to: Pick<BuildRequest, 'cacheTo'>;
  readonly from: Pick<BuildRequest, 'cacheFrom'>;
}

function world(t: ExecutionContext, more: Partial<CacheTo> = {}): World {
  const path = join(tempDir(t), 'cache');
  const place = { type: 'local', path } as const;
  return {
    path,
    to: { cacheTo: [{ place, mounts: true, ...more }] },
    from: { cacheFrom: [{ place }] },
  };
}

/** A build whose only RUN leaves this text in its cache mounts; ids of the mounts. */
async function buildLeaving(
  rig: Rig,
  text: string,
  ...[definition, request]: Parameters<Rig['build']>
): Promise<{ readonly build: ScriptedBuild; readonly ids: readonly string[] }> {
  const build = rig.build(definition, request);
  const run = await rig.nextRun(/RUN \S* ?(.*)\n$/.exec(definition)![1]!);
  const ids = run.process.mounts.flatMap((mount) => (mount.type === 'cache' ? [mount.id] : []));
  for (const id of ids) rig.sandbox.caches.set(id, await addLayer(rig.store, [file('kept', text)]));
  run.exits();
  await build.result;
  return { build, ids };
}

/** What the only RUN of the build finds in its cache mount; undefined when it begins empty. */
async function foundBy(rig: Rig, ...[definition, request]: Parameters<Rig['build']>) {
  const build = rig.build(definition, request);
  const run = await rig.nextRun(/RUN \S* (.*)\n$/.exec(definition)![1]!);
  const [mount] = run.process.mounts;
  const found = mount?.type === 'cache' ? rig.sandbox.caches.get(mount.id) : undefined;
  run.exits();
  await build.result;
  return { build, found };
}

test('the next machine has what the last one left, for a step that must be made', async (t) => {
  const { to, from } = world(t);
  const first = createRig(t);
  const { ids } = await buildLeaving(first, 'left', dockerfile('one'), to);
  const layer = first.sandbox.caches.get(ids[0]!);
  const { found, build } = await foundBy(createRig(t), dockerfile('other'), from);
  t.is(found?.diffId, layer?.diffId);
  t.is(found?.blob === layer?.blob, false, 'it is compressed');
  t.deepEqual(build.notes, []);
  t.false(first.store.hasBlob(layer!.diffId), 'the machine that put it has the directory');
});

test('a step that is found, and a mount that is here, fetch nothing', async (t) => {
  const { to, from } = world(t);
  await buildLeaving(createRig(t), 'left', dockerfile('one'), to);
  const second = createRig(t);
  const hit = second.build(dockerfile('one'), from);
  t.is((await hit.result).executed, 0);
  t.is(second.sandbox.opened, 0);
  const { ids } = await buildLeaving(second, 'own', dockerfile('here'), {});
  const own = second.sandbox.caches.get(ids[0]!);
  const { found, build } = await foundBy(second, dockerfile('again'), from);
  t.is(found, own);
  t.deepEqual(
    build.events.filter((event) => event.kind === 'step-start' && event.step.id.startsWith('fetch ')),
    [],
  );
});

test('--no-cache begins with an empty mount', async (t) => {
  const { to, from } = world(t);
  await buildLeaving(createRig(t), 'left', dockerfile('one'), to);
  const { found } = await foundBy(createRig(t), dockerfile('other'), { ...from, noCache: true });
  t.is(found, undefined);
});

test('a mount is of its owner, its first content and its namespace', async (t) => {
  const { to, from } = world(t);
  await buildLeaving(createRig(t), 'left', dockerfile('one'), to);
  for (const [mount, buildArgs] of [
    [`${MOUNT},uid=5`, {}],
    [MOUNT, { BUILDKIT_CACHE_MOUNT_NS: 'mine' }],
  ] as const) {
    const { found } = await foundBy(createRig(t), dockerfile('other', mount), { ...from, buildArgs });
    t.is(found, undefined);
  }
});

function textOfCache(path: string): string {
  const folder = join(path, 'blobs', 'sha256');
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name)))
    .map((bytes) => (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString('latin1'))
    .join('\n');
}

test('a cache has no id of a mount, which may hold the value of an argument', async (t) => {
  const { to, from, path } = world(t);
  const text = `FROM scratch\nARG TOKEN\nRUN ${MOUNT},id=npm-$TOKEN one\n`;
  const build = createRig(t);
  const buildArgs = { TOKEN: 'hunter2', BUILDKIT_CACHE_MOUNT_NS: 'name-of-mine' };
  const running = build.build(text, { ...to, buildArgs });
  const run = await build.nextRun('one');
  const [mount] = run.process.mounts.flatMap((one) => (one.type === 'cache' ? [one] : []));
  if (!mount) return t.fail('no cache mount');
  t.true(mount.id.includes('hunter2'));
  build.sandbox.caches.set(mount.id, await addLayer(build.store, [file('kept', 'x')]));
  run.exits();
  await running.result;
  t.notRegex(textOfCache(path), /hunter2|name-of-mine/);
  const second = createRig(t);
  const other = second.build(`${text}RUN ${MOUNT},id=npm-$TOKEN two\n`, { ...from, buildArgs });
  (await second.nextRun('two')).exits();
  await other.result;
  t.true(second.sandbox.caches.has(mount.id));
});

test('a build that executes nothing packs nothing and keeps what is there', async (t) => {
  const { to, from, path } = world(t);
  const rig = createRig(t);
  await buildLeaving(rig, 'left', dockerfile('one'), to);
  const before = readdirSync(join(path, 'blobs', 'sha256'));
  const { opened } = rig.sandbox;
  await rig.build(dockerfile('one'), to).result;
  t.is(rig.sandbox.opened, opened);
  t.deepEqual(readdirSync(join(path, 'blobs', 'sha256')), before);
  t.truthy((await foundBy(createRig(t), dockerfile('other'), from)).found);
});

test('without mounts=true none is carried', async (t) => {
  const { to, from } = world(t, { mounts: false });
  await buildLeaving(createRig(t), 'left', dockerfile('one'), to);
  t.is((await foundBy(createRig(t), dockerfile('other'), from)).found, undefined);
});

test('a layer that is gone, or damaged, is one note and an empty mount', async (t) => {
  for (const damage of ['gone', 'cut'] as const) {
    const { to, from, path } = world(t);
    const left = 'x'.repeat(5000) + String(Math.random());
    await buildLeaving(createRig(t), left, dockerfile('one'), to);
    const folder = join(path, 'blobs', 'sha256');
    const isOfMount = (name: string): boolean => {
      const bytes = readFileSync(join(folder, name));
      return bytes[0] === 0x1f && gunzipSync(bytes).includes(left);
    };
    const blob = join(folder, readdirSync(folder).find(isOfMount)!);
    const { size } = statSync(blob);
    rmSync(blob);
    if (damage === 'cut') writeFileSync(blob, Buffer.alloc(size));
    const { found, build } = await foundBy(createRig(t), dockerfile('other'), from);
    t.is(found, undefined, damage);
    t.is(build.notes.length, 1, build.notes.join('\n'));
    t.regex(build.notes[0]!, /^the cache mount \/c begins without what the remote cache has of it: /);
  }
});

test('a mount with the value of a secret stays here', async (t) => {
  const { to, from } = world(t);
  const secrets = [{ id: 's', value: Buffer.from('a long secret value') }];
  const rig = createRig(t);
  const { build } = await buildLeaving(rig, 'npm: a long secret value', dockerfile('one'), {
    ...to,
    secrets,
  });
  t.is(build.notes.length, 1);
  t.regex(build.notes[0]!, /^the cache mount \/c is not carried: the value of secret s is in \/kept/);
  t.is((await foundBy(createRig(t), dockerfile('other'), from)).found, undefined);
});

/** The packing of mounts whose sandbox gives what the test says. */
function packing(notes: string[], caches: Readonly<Record<string, SavedCache | TsbuildError>>) {
  const removed: string[] = [];
  const usedMounts = new Map(
    Object.keys(caches).map((id) => [id, { id, name: `/${id}`, platforms: new Set(['linux/amd64']) }]),
  );
  const save = async (id: string): Promise<SavedCache> => {
    const outcome = caches[id]!;
    if (outcome instanceof TsbuildError) throw outcome;
    return outcome;
  };
  const tools = {
    usedMounts,
    sandbox: { get: async () => ({ caches: { save } }) },
    secretScan: undefined,
    store: { removeLayer: (diffId: string) => void removed.push(diffId) },
    emit: (event: { readonly kind: string; readonly message?: string }) => void notes.push(event.message!),
  };
  const packs = createMountPacks(tools as unknown as Parameters<typeof createMountPacks>[0]);
  const choose = (maxBytes: number) =>
    packs.choose({ maxBytes, bytesOf: async ({ size }) => size, signal: new AbortController().signal });
  return { packs, choose, removed };
}

function layerOf(diffId: string, size: number): SavedCache {
  const id = `sha256:${diffId}` as const;
  return { kind: 'layer', layer: { diffId: id, blob: id, size } as never };
}

test('the largest mounts are left out where not all have room, and each is told once', async (t) => {
  const notes: string[] = [];
  const caches = { a: layerOf('a', 50), b: layerOf('b', 60), c: layerOf('c', 10), d: layerOf('c', 10) };
  const { choose, packs, removed } = packing(notes, caches);
  for (let round = 0; round < 2; round++)
    t.deepEqual(
      (await choose(60)).map(({ layer }) => layer.size),
      [50, 10, 10],
    );
  t.deepEqual(notes, [
    'the cache mount /b is not carried: its 60 bytes have no room in the 60 of all mounts together',
  ]);
  packs.forget();
  t.deepEqual(removed, ['sha256:a', 'sha256:b', 'sha256:c', 'sha256:c']);
});

test('one mount that cannot be carried keeps none of the others', async (t) => {
  const notes: string[] = [];
  const { choose } = packing(notes, {
    a: { kind: 'in-use' },
    b: { kind: 'absent' },
    c: { kind: 'too-large' },
    d: new TsbuildError('LAYER_LIMIT', 'a path of 9000 bytes'),
    e: layerOf('e', 1),
  });
  t.is((await choose(100)).length, 1);
  t.deepEqual(notes, [
    'the cache mount /a is not carried: another build uses it',
    'the cache mount /c is not carried: it is larger than all mounts together may be',
    'the cache mount /d is not carried: a path of 9000 bytes',
  ]);
});

test('a failure of the machine is one of the export', async (t) => {
  const { choose } = packing([], { a: new TsbuildError('STORE_FULL', 'no space') });
  await t.throwsAsync(choose(100), { code: 'STORE_FULL' });
});
