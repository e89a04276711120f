// What compressing a layer gave, remembered by what decides its bytes. The blobs lie beside the others.
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, hexOf, isDigest, type DiffId } from '../core/digest.js';
import type { Descriptor } from '../oci/types.js';
import { writeDurably } from './durable-write.js';
import { seal, unseal } from './sealed-json.js';
import type { StorePaths } from './store-paths.js';

/** All that decides the bytes. */
export interface CompressionInputs {
  readonly diffId: DiffId;
  readonly kind: 'gzip' | 'zstd';
  /** `auto`: the compressor chooses by what it reads. */
  readonly level: number | 'auto';
  /** Which program does it, in which version: others give other bytes of the same layer. */
  readonly compressor: string;
}

interface CompressedForm extends CompressionInputs {
  readonly descriptor: Descriptor;
}

/**
 * Undefined when nothing is remembered, or nothing that can be read: a damaged record is a miss. The blob may be gone.
 */
export function readCompressedForm(paths: StorePaths, inputs: CompressionInputs): Descriptor | undefined {
  return readForm(pathOf(paths, inputs))?.descriptor;
}

/** The blob is in the store already. @throws TsbuildError STORE_FULL, STORE_UNWRITABLE */
export function putCompressedForm(
  paths: StorePaths,
  inputs: CompressionInputs,
  descriptor: Descriptor,
): void {
  writeDurably(pathOf(paths, inputs), seal({ ...inputs, descriptor }), paths.tmp);
}

/** Deletes all compressed forms of a layer, and what is remembered of them. */
export function removeCompressedForms(paths: StorePaths, diffId: DiffId): void {
  const folder = folderOf(paths);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  for (const name of names.filter((each) => each.startsWith(`${hexOf(diffId)}-`))) {
    const form = readForm(join(folder, name));
    if (form) rmSync(paths.blob(form.descriptor.digest), { force: true });
    rmSync(join(folder, name), { force: true });
  }
}

function readForm(path: string): CompressedForm | undefined {
  try {
    const form = unseal(readFileSync(path, 'utf8')) as CompressedForm | undefined;
    return form && isDigest(form.descriptor?.digest) ? form : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function folderOf(paths: StorePaths): string {
  return join(paths.cache, 'compressed');
}

function pathOf(paths: StorePaths, { diffId, kind, level, compressor }: CompressionInputs): string {
  const form = hexOf(digestOf(JSON.stringify([kind, level, compressor])));
  return join(folderOf(paths), `${hexOf(diffId)}-${form}.json`);
}
