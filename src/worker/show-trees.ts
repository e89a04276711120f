// The trees of a process' mounts as directories: layers are unpacked, and shown by the driver.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ShownMount, ShownTree } from '../sandbox/prepare-mounts.js';
import type { MountSource, MountSpec } from './sandbox.js';
import type { Workshop } from './workshop.js';

export interface ShowPlace {
  /** The folder of the process' mounts. */
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly onCleanUp: (undo: () => void) => void;
  /** Learns of every unpacked tree. */
  readonly onTrees: (trees: readonly string[]) => void;
}

export function showTrees(
  workshop: Pick<Workshop, 'trees' | 'driver'>,
  mounts: readonly MountSpec[],
  place: ShowPlace,
): ShownMount[] {
  const shown = (source: MountSource): ShownTree => shownTree(workshop, source, place);
  return mounts.map((mount): ShownMount => {
    if (mount.type === 'bind') return { ...mount, source: shown(mount.source) };
    if (mount.type !== 'cache') return mount;
    const { seed, ...cache } = mount;
    return { ...cache, ...(seed && { seed: shown(seed) }) };
  });
}

function shownTree(
  { trees, driver }: Pick<Workshop, 'trees' | 'driver'>,
  { layers, subpath }: MountSource,
  { directory, signal, onCleanUp, onTrees }: ShowPlace,
): ShownTree {
  return {
    subpath,
    async show(name, { isWritable }) {
      const lowers = await trees.ensure(layers, signal);
      onTrees(lowers);
      const place = join(directory, name);
      mkdirSync(place, { mode: 0o700 });
      const view = await driver.view(place, lowers, { isWritable });
      onCleanUp(() => view.close());
      return view.target;
    },
  };
}
