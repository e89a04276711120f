// The mounts of a RUN: their content for the key, their sources for the sandbox.
import { posix } from 'node:path';
import { fromUtf8 } from '../../core/bytes.js';
import { digestOnce, type ContentDigest } from '../../cache/digest-once.js';
import { selectSources } from '../../layer/copy/select-sources.js';
import { digestSelection } from '../../layer/copy/selection-digest.js';
import type { Mount } from '../../parser/instruction.js';
import type { PlannedMount, RunStep } from '../../plan/step.js';
import type { MountSource, MountSpec } from '../../worker/sandbox.js';
import { storedLayers, type OpenSource, type StageRun } from '../stage-run.js';
import { packFiles } from '../../cache/pack-files.js';
import { cacheMount } from './cache-mount.js';
import { missingSecret, missingSsh } from './missing-secret.js';
import { mountRequest } from './source-requests.js';

/** Content digest of what each mount shows; null where the content does not count (caches, secrets, tmpfs). */
export function contentOfMounts(
  run: StageRun,
  mounts: readonly PlannedMount[],
): Promise<(ContentDigest | null)[]> {
  return Promise.all(
    mounts.map(async ({ mount, from }) =>
      mount.type === 'bind' ? contentOf(run, await run.openSource(from), mount.source) : null,
    ),
  );
}

async function contentOf({ tools }: StageRun, source: OpenSource, path: string): Promise<ContentDigest> {
  const request = mountRequest(path);
  const compute = async () => digestSelection(selectSources(await source.view(), request));
  const layers = source.layers.map(({ diffId }) => diffId);
  if (layers.length === 0) return { digest: await compute(), confirm: async () => undefined };
  return digestOnce(tools.stepCache, { layers, request }, compute);
}

export interface ResolvedMounts {
  readonly mounts: readonly MountSpec[];
  /** Secrets that are shown as variables. */
  readonly env: readonly string[];
}

export async function resolveMounts(run: StageRun, step: RunStep): Promise<ResolvedMounts> {
  const resolved = await Promise.all(step.mounts.map((planned) => resolveMount(run, step, planned)));
  return { mounts: resolved.flatMap((one) => one.mounts), env: resolved.flatMap((one) => one.env) };
}

type Of<T extends Mount['type']> = Extract<Mount, { type: T }>;

async function resolveMount(
  run: StageRun,
  step: RunStep,
  { mount, from }: PlannedMount,
): Promise<ResolvedMounts> {
  const target = posix.resolve(step.cwd, mount.target ?? '/');
  switch (mount.type) {
    case 'bind':
      return only({
        type: 'bind',
        target,
        source: await sourceOf(run, from, mount.source),
        isReadonly: mount.readonly,
      });
    case 'cache':
      return only(
        await cacheMount(run, step, {
          mount,
          target,
          seed: mount.from === undefined ? undefined : await sourceOf(run, from, mount.source),
        }),
      );
    case 'tmpfs':
      return only({
        type: 'tmpfs',
        target,
        ...(mount.sizeBytes === undefined ? {} : { sizeBytes: mount.sizeBytes }),
      });
    case 'secret':
      return secretMount(run, step, mount, target);
    case 'ssh':
      return sshMount(run, step, mount);
  }
}

function only(mount: MountSpec): ResolvedMounts {
  return { mounts: [mount], env: [] };
}

async function sourceOf(run: StageRun, from: PlannedMount['from'], path: string): Promise<MountSource> {
  const source = await run.openSource(from);
  if (source.isLayered)
    return { layers: await storedLayers(run, source.layers), subpath: posix.join('/', path) };
  const layer = await packFiles(run.tools.stepCache, {
    view: await source.view(),
    from: from.kind === 'context' ? `context ${from.name}` : from.kind,
    path: fromUtf8(path === '' ? '.' : path),
    dest: fromUtf8('/source'),
    areTimesSeen: true,
  });
  return { layers: await storedLayers(run, [layer]), subpath: '/source' };
}

function secretMount(run: StageRun, step: RunStep, mount: Of<'secret'>, target: string): ResolvedMounts {
  const data = run.tools.secrets.read(mount.id);
  if (!data && mount.required) throw missingSecret(mount.id, run.tools.secrets).at(step.location);
  const env = mount.env === undefined ? [] : [`${mount.env}=${data?.toString('utf8') ?? ''}`];
  if (!data || mount.target === undefined) return { mounts: [], env };
  return {
    mounts: [{ type: 'secret', target, data, mode: mount.mode, uid: mount.uid, gid: mount.gid }],
    env,
  };
}

async function sshMount(run: StageRun, step: RunStep, mount: Of<'ssh'>): Promise<ResolvedMounts> {
  const agentSocket = await run.tools.ssh.socketOf(mount.id);
  if (!agentSocket) {
    if (!mount.required) return { mounts: [], env: [] };
    throw missingSsh(mount.id).at(step.location);
  }
  const index = step.mounts.filter((m) => m.mount.type === 'ssh').findIndex((m) => m.mount === mount);
  const target = mount.target
    ? posix.resolve(step.cwd, mount.target)
    : `/run/buildkit/ssh_agent.${Math.max(index, 0)}`;
  const env =
    index > 0 || step.env.some((variable) => variable.startsWith('SSH_AUTH_SOCK='))
      ? []
      : [`SSH_AUTH_SOCK=${target}`];
  return {
    mounts: [{ type: 'ssh', target, agentSocket, mode: mount.mode, uid: mount.uid, gid: mount.gid }],
    env,
  };
}
