// The cache mounts that a build used, as layers to be put beside a pack. A mount that cannot be carried is told, and the
// others are.
import type { BuildTools } from './builder/build-tools.js';
import type { UsedMount } from './builder/used-mounts.js';
import type { DiffId } from './core/digest.js';
import { TsbuildError } from './core/errors.js';
import { cacheMountName } from './store/cache-mount-name.js';
import type { StoredLayer } from './store/stored-layer.js';
import type { SavedCache } from './worker/sandbox.js';

export interface PackedMount {
  /** As a pack names it (store/cache-mount-name.ts). */
  readonly id: string;
  /** `linux/amd64` */
  readonly platform: string;
  readonly layer: StoredLayer;
}

export interface PackMountsOptions {
  /** Of all together, as they are put. */
  readonly maxBytes: number;
  /** Bytes that a layer has where it is put. @throws TsbuildError */
  bytesOf(layer: StoredLayer): Promise<number>;
  readonly signal: AbortSignal;
}

type MountTools = Pick<BuildTools, 'usedMounts' | 'sandbox' | 'secretScan' | 'store' | 'emit'>;

/** Files that shrink more than this are rare, and finding out costs as much as reading them. */
const MOST_SHRINKING = 8;

/**
 * The content of each mount that a step used which was executed, once per platform. Nothing, and no sandbox is opened,
 * when none did. Where not all have room, the largest are left out.
 * @throws TsbuildError STORE_*, SANDBOX_*, ABORTED, and what `bytesOf` throws
 */
export async function packMounts(
  tools: MountTools,
  { maxBytes, bytesOf, signal }: PackMountsOptions,
): Promise<readonly PackedMount[]> {
  const saved: SavedMount[] = [];
  for (const mount of tools.usedMounts.values()) {
    const layer = await saveMount(tools, mount, { maxBytes: maxBytes * MOST_SHRINKING, signal });
    if (layer) saved.push({ mount, layer, bytes: await bytesOf(layer) });
  }
  return withRoom(tools, saved, maxBytes).flatMap(({ mount, layer }) =>
    [...mount.platforms].map((platform) => ({ id: cacheMountName(mount.id), platform, layer })),
  );
}

/** Once they were put: the directory of the mount is what this machine has of it. */
export function forgetPackedMounts(
  { store }: Pick<BuildTools, 'store'>,
  mounts: readonly Pick<PackedMount, 'layer'>[],
): void {
  for (const { layer } of mounts) store.removeLayer(layer.diffId);
}

interface SavedMount {
  readonly mount: UsedMount;
  readonly layer: StoredLayer;
  readonly bytes: number;
}

const REASONS: Readonly<Record<Exclude<SavedCache['kind'], 'layer'>, string | undefined>> = {
  // A step that was stopped by another one's failure may not have made it.
  absent: undefined,
  'in-use': 'another build uses it',
  'too-large': 'it is larger than all mounts together may be',
};

async function saveMount(
  tools: MountTools,
  mount: UsedMount,
  { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<StoredLayer | undefined> {
  const { caches } = await tools.sandbox.get();
  try {
    const saved = await caches.save(mount.id, maxBytes, signal);
    if (saved.kind === 'layer') return await inspected(tools, mount, saved.layer);
    const reason = REASONS[saved.kind];
    if (reason !== undefined) leaveOut(tools, mount, reason);
  } catch (error) {
    if (!(error instanceof TsbuildError) || !IS_OF_CONTENT.test(error.code)) throw error;
    leaveOut(tools, mount, error.message);
  }
  return undefined;
}

/** What is in the files, and not in the machine. */
const IS_OF_CONTENT = /^(LAYER_|SECRET_LEAKED)/;

/** @throws TsbuildError SECRET_LEAKED; the layer is deleted then */
async function inspected(
  { secretScan, store }: MountTools,
  { name }: UsedMount,
  layer: StoredLayer,
): Promise<StoredLayer> {
  try {
    await secretScan?.layer(layer.diffId, `the cache mount ${name}`);
    return layer;
  } catch (error) {
    store.removeLayer(layer.diffId);
    throw error;
  }
}

/** Mounts with the same files are one layer. */
function withRoom(tools: MountTools, saved: readonly SavedMount[], maxBytes: number): readonly SavedMount[] {
  const kept = new Set<DiffId>();
  let left = maxBytes;
  for (const { layer, bytes } of saved.toSorted((a, b) => a.bytes - b.bytes)) {
    if (kept.has(layer.diffId) || bytes > left) continue;
    kept.add(layer.diffId);
    left -= bytes;
  }
  const [inside, outside] = [true, false].map((isKept) =>
    saved.filter(({ layer }) => kept.has(layer.diffId) === isKept),
  ) as [SavedMount[], SavedMount[]];
  for (const { mount, bytes } of outside)
    leaveOut(tools, mount, `its ${bytes} bytes have no room in the ${maxBytes} of all mounts together`);
  forgetPackedMounts(tools, outside);
  return inside;
}

function leaveOut({ emit }: MountTools, { name }: UsedMount, reason: string): void {
  emit({ kind: 'note', message: `the cache mount ${name} is not carried: ${reason}` });
}
