// Where a small file of a layer is kept beside the index of the layer: by where its content stands in the layer.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { hexOf } from '../core/digest.js';
import type { ContentRef } from '../layer/entry.js';
import type { StorePaths } from './store-paths.js';

export type LayerContent = Extract<ContentRef, { kind: 'layer' }>;

export function keptFilePath(paths: StorePaths, { diffId, offset }: LayerContent): string {
  return join(paths.root, 'index', `${hexOf(diffId)}-${offset}`);
}

const SUM_BYTES = 32;

/** A kept file is its content and, behind it, the sha256 of that. */
export function withChecksum(content: Uint8Array): Buffer {
  return Buffer.concat([content, createHash('sha256').update(content).digest()]);
}

/** Undefined when the file is damaged. */
export function checkedContent(file: Buffer): Buffer | undefined {
  const content = file.subarray(0, Math.max(0, file.length - SUM_BYTES));
  return withChecksum(content).equals(file) ? content : undefined;
}
