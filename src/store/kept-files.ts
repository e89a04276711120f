// Small files of layers, kept beside the indexes so that the layers need not be decompressed for them. Each is found by
// where its content stands in its layer, and is its content and, behind it, the sha256 of that.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hexOf } from '../core/digest.js';
import type { ContentRef } from '../layer/entry.js';
import { writeDurably } from './durable-write.js';
import type { StorePaths } from './store-paths.js';

export type LayerContent = Extract<ContentRef, { kind: 'layer' }>;

/** Undefined when it is not kept, or damaged. */
export function readKeptFile(paths: StorePaths, ref: LayerContent): Buffer | undefined {
  const path = pathOf(paths, ref);
  if (!existsSync(path)) return undefined;
  const file = readFileSync(path);
  const content = file.subarray(0, Math.max(0, file.length - SUM_BYTES));
  return withChecksum(content).equals(file) ? content : undefined;
}

/** @throws TsbuildError STORE_FULL, STORE_UNWRITABLE */
export function putKeptFile(paths: StorePaths, ref: LayerContent, content: Uint8Array): void {
  writeDurably(pathOf(paths, ref), withChecksum(content), paths.tmp);
}

const SUM_BYTES = 32;

function withChecksum(content: Uint8Array): Buffer {
  return Buffer.concat([content, createHash('sha256').update(content).digest()]);
}

function pathOf(paths: StorePaths, { diffId, offset }: LayerContent): string {
  return join(paths.root, 'index', `${hexOf(diffId)}-${offset}`);
}
