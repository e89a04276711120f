// Which tree a tree lies over, as its extended attributes say.
import { hexOf } from '../core/digest.js';
import { loadSyscalls } from '../host/syscalls/system-calls.js';
import { layerBelow } from '../rootfs/tree-marks.js';
import type { LocalScan } from './local-items.js';

/** Without system calls there are no trees. */
export async function treeBelow(): Promise<LocalScan['below']> {
  const calls = await loadSyscalls().catch(() => undefined);
  return (tree) => {
    if (!calls) return undefined;
    try {
      const below = layerBelow(calls.listXattrs(tree));
      return below && hexOf(below);
    } catch {
      // It is gone, or its owner lets nobody read it: then it is of a layer, and whole.
      return undefined;
    }
  };
}
