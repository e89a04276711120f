// Which directory a cache mount is, and that what remote caches have of it is brought in once, before the process
// starts.
import test, { type ExecutionContext } from 'ava';
import { cacheMount } from '../../../../src/builder/steps/cache-mount.js';
import { restoreMount } from '../../../../src/builder/steps/restore-mount.js';
import type { StageRun } from '../../../../src/builder/stage-run.js';
import type { MountSource } from '../../../../src/cache/remote/mount-source.js';
import { TsbuildError } from '../../../../src/core/errors.js';
import { cacheMountName } from '../../../../src/store/cache-mount-name.js';
import { madeLayer } from '../../../../src/images/layer.js';
import { createRig, type Rig } from '../../../rig/rig.js';
import type { OpenStage } from '../../../rig/open-stage.js';
import { addLayer, file } from '../../../support/sandbox-rootfs.js';

const TEXT = 'FROM scratch\nRUN --mount=type=cache,target=/c/../c,mode=0700,sharing=locked one\n';

function inStage<T>(rig: Rig, work: (stage: OpenStage) => Promise<T>): Promise<T> {
  return rig.inStage(TEXT, work);
}

/** The stage as it is with that source. */
function reading({ run }: OpenStage, mountSource: MountSource | undefined): StageRun {
  return { ...run, tools: { ...run.tools, mountSource } };
}

async function mountIn(stage: OpenStage, run: StageRun, isCacheIgnored = false) {
  const step = { ...stage.step('run'), isCacheIgnored };
  const { mount } = step.mounts[0]!;
  if (mount.type !== 'cache') throw new Error('not a cache mount');
  return cacheMount(run, step, { mount, target: '/c/../c', seed: undefined });
}

function countingSource(layer: Awaited<ReturnType<MountSource['find']>>) {
  const asked: string[] = [];
  const source: MountSource = {
    async find(id, platform) {
      asked.push(`${platform} ${id}`);
      return layer;
    },
  };
  return { asked, source };
}

test('the mount is told to the build, by its id and platform', async (t) => {
  await inStage(createRig(t), async (stage) => {
    const mount = await mountIn(stage, stage.run);
    t.like(mount, { type: 'cache', sharing: 'locked', mode: 0o700, uid: 0, gid: 0, isReset: false });
    const [use] = [...stage.tools.usedMounts.values()];
    t.is(use?.name, '/c');
    t.deepEqual([...use!.platforms].length, 1);
    t.like(mount, { id: use!.id });
  });
});

test('a mount is emptied at its first use of a build that ignores the cache, and nothing is restored', async (t) => {
  await inStage(createRig(t), async (stage) => {
    const { source, asked } = countingSource(undefined);
    const run = reading(stage, source);
    t.like(await mountIn(stage, run, true), { isReset: true });
    t.like(await mountIn(stage, run, true), { isReset: false });
    t.is(asked.length, 1);
  });
});

test('two steps at once restore a mount once', async (t) => {
  const rig = createRig(t);
  await inStage(rig, async (stage) => {
    const layer = await addLayer(rig.store, [file('kept', 'x')]);
    const { source, asked } = countingSource(madeLayer(layer, undefined));
    const run = reading(stage, source);
    const [mount] = await Promise.all([mountIn(stage, run), mountIn(stage, run)]);
    const id = 'id' in mount ? mount.id : '';
    t.deepEqual(asked, [`${[...stage.tools.usedMounts.get(id)!.platforms][0]} ${cacheMountName(id)}`]);
    t.is(rig.sandbox.caches.get(id)?.diffId, layer.diffId);
  });
});

async function failing(t: ExecutionContext, error: Error): Promise<readonly string[]> {
  const notes: string[] = [];
  await inStage(createRig(t), async ({ run }) => {
    const tools = {
      ...run.tools,
      emit: (event: { readonly kind: string; readonly message?: string }) =>
        void (event.kind === 'note' && notes.push(event.message!)),
    };
    const find = () => Promise.reject(error);
    await restoreMount({ ...run, tools }, { find }, { id: 'i', mode: 0o755, uid: 0, gid: 0 }, '/c');
  });
  return notes;
}

test('a cache that fails costs a note; a fault of ours is none of it', async (t) => {
  const error = new TsbuildError('REGISTRY_UNREACHABLE', 'nobody answers');
  t.deepEqual(await failing(t, error), [
    'the cache mount /c begins without what the remote cache has of it: nobody answers',
  ]);
  await t.throwsAsync(failing(t, new TypeError('x')), { instanceOf: TypeError });
});
