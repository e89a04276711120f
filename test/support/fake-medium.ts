// Layers that lie on a medium and not in the store: gzip blobs, each asked for by its digest.
import type { ExecutionContext } from 'ava';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Digest } from '../../src/core/digest.js';
import type { BuildEvent } from '../../src/core/events.js';
import { createLayerFiles, type LayerFilesOptions } from '../../src/images/layer-files.js';
import type { Layer } from '../../src/images/layer.js';
import type { LayerEntry } from '../../src/layer/entry.js';
import { DEFAULT_LAYER_LIMITS } from '../../src/layer/limits.js';
import { MEDIA } from '../../src/oci/types.js';
import { openStore, type Store } from '../../src/store/store.js';
import { descriptorOf } from './fake-image.js';
import { addLayer } from './sandbox-rootfs.js';
import { tempDir } from './temp-store.js';

export interface FakeMedium {
  /** Digests of the blobs that were asked for, in order. */
  readonly asked: Digest[];
  /** What is waited for before a blob comes. */
  gate: Promise<unknown>;
  /** A layer that lies there. `sent`: other bytes than those that its descriptor is of. `level`: of gzip. */
  layer(
    entries: readonly LayerEntry[],
    how?: { readonly sent?: (blob: Buffer) => Buffer; readonly level?: number },
  ): Promise<Layer>;
}

export function createMedium(t: ExecutionContext, name = 'example.com/base:1'): FakeMedium {
  const scratch = openStore(tempDir(t));
  const asked: Digest[] = [];
  const medium: FakeMedium = {
    asked,
    gate: Promise.resolve(),
    async layer(entries, { sent = (blob: Buffer) => blob, level = 6 } = {}) {
      const { diffId } = await addLayer(scratch, entries);
      const blob = gzipSync(readFileSync(scratch.paths.blob(diffId)), { level });
      const source = {
        name,
        async *open({ digest }: { readonly digest: Digest }) {
          asked.push(digest);
          await medium.gate;
          yield sent(blob);
        },
      };
      return { diffId, descriptor: descriptorOf(blob, MEDIA.ociLayerGzip), source };
    },
  };
  return medium;
}

export interface FilesWorld extends LayerFilesOptions {
  readonly files: ReturnType<typeof createLayerFiles>;
  readonly store: Store;
  readonly events: BuildEvent[];
}

/** An empty store, and what brings layers into it. */
export function filesWorld(t: ExecutionContext, overrides: Partial<LayerFilesOptions> = {}): FilesWorld {
  const events: BuildEvent[] = [];
  const options = {
    store: openStore(join(tempDir(t), 'store')),
    limits: DEFAULT_LAYER_LIMITS,
    signal: new AbortController().signal,
    emit: (event: BuildEvent) => void events.push(event),
    now: () => 0,
    ...overrides,
  };
  return { ...options, events, files: createLayerFiles(options) };
}
