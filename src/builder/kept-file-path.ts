// Where a small file of a layer is kept beside the index of the layer: by where its content stands in the layer.
import { join } from 'node:path';
import { hexOf } from '../core/digest.js';
import type { ContentRef } from '../layer/entry.js';
import type { StorePaths } from '../store/store-paths.js';

export type LayerContent = Extract<ContentRef, { kind: 'layer' }>;

export function keptFilePath(paths: StorePaths, { diffId, offset }: LayerContent): string {
  return join(paths.root, 'index', `${hexOf(diffId)}-${offset}`);
}
