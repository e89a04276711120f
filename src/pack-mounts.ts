// The cache mounts that a build used, as layers to be put beside a pack. A mount that cannot be carried is told, and
// the others are.
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

type MountTools = Pick<BuildTools, 'usedMounts' | 'sandbox' | 'secretScan' | 'store' | 'emit'>;

export interface ChooseMounts {
  /** Of all together, as they are put. */
  readonly maxBytes: number;
  /** Bytes that a layer has where it is put. @throws TsbuildError */
  bytesOf(layer: StoredLayer): Promise<number>;
  /** The first to choose bounds the time in which the layers are made. */
  readonly signal: AbortSignal;
}

/** For all caches of a build. */
export interface MountPacks {
  /**
   * The content of each mount that a step used which was executed, once per platform. Nothing, and no sandbox is
   * opened, when none did. Where not all have room, the largest are left out.
   * @throws TsbuildError STORE_*, SANDBOX_*, ABORTED, and what `bytesOf` throws
   */
  choose(options: ChooseMounts): Promise<readonly PackedMount[]>;
  /** Deletes the layers once they were put: the directory of the mount is what this machine has of it. */
  forget(): void;
}

/** Files that shrink more than this are rare, and finding out costs as much as reading them. */
const MOST_SHRINKING = 8;

export function createMountPacks(tools: MountTools): MountPacks {
  const made: SavedMount[] = [];
  const told = new Set<string>();
  let saving: Promise<readonly SavedMount[]> | undefined;

  async function save(maxBytes: number, signal: AbortSignal): Promise<readonly SavedMount[]> {
    for (const mount of tools.usedMounts.values()) {
      const layer = await saveMount(tools, mount, { maxBytes, signal });
      if (layer) made.push({ mount, layer });
    }
    return made;
  }

  /** A cache that others write to at the same time is tried again. */
  function tellOnce(mount: UsedMount, reason: string): void {
    if (told.has(reason)) return;
    told.add(reason);
    leaveOut(tools, mount, reason);
  }

  return {
    async choose({ maxBytes, bytesOf, signal }) {
      const saved = await (saving ??= save(maxBytes * MOST_SHRINKING, signal));
      const sized: SizedMount[] = [];
      for (const each of saved) sized.push({ ...each, bytes: await bytesOf(each.layer) });
      return withRoom(sized, maxBytes, tellOnce).flatMap(({ mount, layer }) =>
        [...mount.platforms].map((platform) => ({ id: cacheMountName(mount.id), platform, layer })),
      );
    },
    forget() {
      for (const { layer } of made) tools.store.removeLayer(layer.diffId);
    },
  };
}

interface SavedMount {
  readonly mount: UsedMount;
  readonly layer: StoredLayer;
}

interface SizedMount extends SavedMount {
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
function withRoom(
  saved: readonly SizedMount[],
  maxBytes: number,
  told: (mount: UsedMount, reason: string) => void,
): readonly SizedMount[] {
  const kept = new Set<DiffId>();
  let left = maxBytes;
  for (const { layer, bytes } of saved.toSorted((a, b) => a.bytes - b.bytes)) {
    if (kept.has(layer.diffId) || bytes > left) continue;
    kept.add(layer.diffId);
    left -= bytes;
  }
  return saved.filter(({ mount, layer, bytes }) => {
    if (kept.has(layer.diffId)) return true;
    told(mount, `its ${bytes} bytes have no room in the ${maxBytes} of all mounts together`);
    return false;
  });
}

function leaveOut({ emit }: MountTools, { name }: UsedMount, reason: string): void {
  emit({ kind: 'note', message: `the cache mount ${name} is not carried: ${reason}` });
}
