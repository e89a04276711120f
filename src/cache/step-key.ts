// Keys of steps: sha256 over canonical JSON of everything that can change the result.
// Invariant: two steps with equal keys give equal layers. Proxies, secrets' values and cache mounts' content are not in
// a key.
import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '../core/canonical-json.js';
import type { DiffId } from '../core/digest.js';
import { formatPlatform, type Platform } from '../oci/platform.js';
import type { CopyStep, RunStep, WorkdirStep } from '../plan/step.js';

/** Raised whenever the inputs of a key change their shape or meaning. */
export const KEY_VERSION = 1;

declare const keyBrand: unique symbol;
/** 64 hex digits. */
export type StepKey = string & { readonly [keyBrand]: 'StepKey' };

/** The inputs of a key, kept in the record so that a miss can be explained. */
export interface KeyInputs {
  readonly [field: string]: Json | undefined;
}

export function keyOf(inputs: KeyInputs): StepKey {
  return createHash('sha256')
    .update(canonicalJson({ version: KEY_VERSION, ...inputs }))
    .digest('hex') as StepKey;
}

interface Parent {
  readonly platform: Platform;
  /** The layers below, bottom first. */
  readonly layers: readonly DiffId[];
  readonly epoch: number | undefined;
}

function parentInputs(parent: Parent): KeyInputs {
  return {
    platform: formatPlatform(parent.platform),
    parent: createHash('sha256').update(parent.layers.join('\n')).digest('hex'),
  };
}

/** `content`: digest of each selected source, in order. A --link copy does not depend on what is below. */
export function copyInputs(step: CopyStep, parent: Parent, content: readonly string[]): KeyInputs {
  return {
    ...(step.isLink ? { platform: formatPlatform(parent.platform) } : parentInputs(parent)),
    op: step.kind,
    content,
    dest: step.dest,
    workdir: step.workdir,
    chown: step.chown,
    chmod: step.chmod,
    isLink: step.isLink,
    isParents: step.isParents,
    unpack: step.unpack,
    heredocs: step.heredocs.map((doc) => ({ name: doc.name, content: doc.content })),
    epoch: parent.epoch,
  };
}

export interface RunInputs {
  /**
   * Content digest of what each mount shows, in the order of the mounts; null for those whose content does not count.
   */
  readonly mountContents: readonly (string | null)[];
  readonly addHosts: readonly string[];
  readonly ulimits: readonly string[];
  readonly shmSizeBytes: number | undefined;
}

export function runInputs(step: RunStep, parent: Parent, inputs: RunInputs): KeyInputs {
  return {
    ...parentInputs(parent),
    op: 'run',
    argv: step.argv,
    env: step.env,
    cwd: step.cwd,
    user: step.user,
    hostname: step.hostname,
    network: step.network,
    isInsecure: step.isInsecure,
    script: step.script === undefined ? undefined : { name: step.script.name, content: step.script.content },
    mounts: step.mounts.map(({ mount }, i) => ({
      ...keyOfMount(mount),
      content: inputs.mountContents[i] ?? null,
    })),
    addHosts: inputs.addHosts,
    ulimits: inputs.ulimits,
    shmSizeBytes: inputs.shmSizeBytes,
  };
}

/** A mount's definition; for bind mounts the source is told by its content. */
function keyOfMount(mount: RunStep['mounts'][number]['mount']): Record<string, Json | undefined> {
  const { type, target } = mount;
  if (mount.type === 'bind') return { type, target, readonly: mount.readonly };
  if (mount.type === 'cache') return { type, target, readonly: mount.readonly };
  if (mount.type === 'tmpfs') return { type, target, sizeBytes: mount.sizeBytes };
  return {
    type,
    target,
    id: mount.id,
    env: mount.type === 'secret' ? mount.env : undefined,
    mode: mount.mode,
    uid: mount.uid,
    gid: mount.gid,
  };
}

export function workdirInputs(step: WorkdirStep, parent: Parent): KeyInputs {
  return { ...parentInputs(parent), op: 'workdir', path: step.path, user: step.user, epoch: parent.epoch };
}
