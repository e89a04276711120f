// Layers of images written down in tests.
import { fromUtf8 } from '../../../src/core/bytes.js';
import type { DiffId } from '../../../src/core/digest.js';
import type { LayerEntry, TreeNode } from '../../../src/layer/entry.js';
import { createLayerIndexBuilder } from '../../../src/layer/tar/layer-index-builder.js';
import type { AnalysedLayer } from '../../../src/image-contents/analyse-layers.js';
import { analyseLayers, type ContentsChoice } from '../../../src/image-contents/analyse-layers.js';
import type { ImageContents } from '../../../src/image-contents/image-contents.js';

/** What stands at a path: a file of so many bytes, a directory, a link, or a mark. */
export type Thing =
  number | 'dir' | 'whiteout' | 'opaque' | { readonly hardlink: string } | { readonly symlink: string };

export type Things = readonly (readonly [path: string, thing: Thing])[];

export function diffIdOf(place: number): DiffId {
  return `sha256:${String(place).padStart(64, '0')}` as DiffId;
}

const BASE = { mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 7, mtimeNsec: 0 };

function entryOf(path: string, thing: Thing): LayerEntry {
  const at = { path: fromUtf8(path) };
  const node = (own: Partial<TreeNode> & Pick<TreeNode, 'type'>): LayerEntry => ({
    kind: 'node',
    ...at,
    node: { ...BASE, ...own },
  });
  if (typeof thing === 'number') return node({ type: 'file', size: thing });
  if (thing === 'dir') return node({ type: 'dir', mode: 0o755 });
  if (thing === 'whiteout' || thing === 'opaque') return { kind: thing, ...at };
  if ('hardlink' in thing) return { kind: 'hardlink', ...at, target: fromUtf8(thing.hardlink) };
  return node({ type: 'symlink', mode: 0o777, link: fromUtf8(thing.symlink) });
}

/** The index of a layer with these things, in this order in its archive. @throws TsbuildError LAYER_INVALID */
export function indexOf(things: Things, place: number): LayerEntry[] {
  const builder = createLayerIndexBuilder();
  let offset = 512;
  for (const [path, thing] of things) {
    const isFile = typeof thing === 'number';
    const placed = builder.add(entryOf(path, thing), isFile ? offset : undefined);
    if (placed && isFile) placed.sha256 = 'a'.repeat(64);
    if (isFile) offset += 512 + 512 * Math.ceil(thing / 512);
  }
  return builder.finish(diffIdOf(place));
}

export function layersOf(stack: readonly Things[]): AnalysedLayer[] {
  return stack.map((things, place) => ({
    diffId: diffIdOf(place),
    createdBy: `RUN ${place}`,
    entries: () => indexOf(things, place),
  }));
}

export function contentsOf(stack: readonly Things[], choice: ContentsChoice = {}): Promise<ImageContents> {
  return analyseLayers(layersOf(stack), choice, new AbortController().signal);
}
