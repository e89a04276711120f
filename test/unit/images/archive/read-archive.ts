// What tests of archives share: an archive in, the images and the store out.
import type { ExecutionContext } from 'ava';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { archivedImages } from '../../../../src/images/archive/archived-images.js';
import type { ArchivedImage } from '../../../../src/images/archive/archived-image.js';
import { openArchive } from '../../../../src/images/archive/open-archive.js';
import { takeImage } from '../../../../src/images/archive/take-image.js';
import { DEFAULT_LAYER_LIMITS, type LayerLimits } from '../../../../src/layer/limits.js';
import type { Platform } from '../../../../src/oci/platform.js';
import { openStore, type Store } from '../../../../src/store/store.js';
import { tempDir } from '../../../support/temp-store.js';

export const AMD64 = { os: 'linux', architecture: 'amd64' };
export const ARM64 = { os: 'linux', architecture: 'arm64' };

export interface Reading {
  readonly limits?: Partial<LayerLimits>;
  readonly platform?: Platform;
  readonly store?: Store;
  /** Read from a stream in place of a file. */
  readonly isStream?: boolean;
}

export interface Read {
  readonly images: readonly ArchivedImage[];
  readonly store: Store;
}

/** Reads all of an archive into a store. */
export async function readArchive(
  t: ExecutionContext,
  archive: Buffer,
  reading: Reading = {},
): Promise<Read> {
  const directory = tempDir(t);
  writeFileSync(join(directory, 'x.tar'), archive);
  return readInput(t, reading.isStream ? '-' : 'x.tar', { cwd: directory, archive, reading });
}

export async function readInput(
  t: ExecutionContext,
  input: string,
  { cwd, archive = Buffer.alloc(0), reading = {} }: { cwd: string; archive?: Buffer; reading?: Reading },
): Promise<Read> {
  const store = reading.store ?? openStore(tempDir(t));
  const { signal } = new AbortController();
  const limits = { ...DEFAULT_LAYER_LIMITS, ...reading.limits };
  const folder = store.temporaryPath();
  const stdin = () => Readable.from(piecesOf(archive));
  const files = await openArchive({ input, cwd, stdin }, { folder, limits, signal });
  try {
    const images = await archivedImages(files, { platform: reading.platform, local: AMD64 });
    for (const image of images)
      await takeImage({ store, limits, signal, emit: () => undefined, now: () => 0 }, image);
    return { images, store };
  } finally {
    files.close();
    t.deepEqual(readdirSync(store.paths.tmp), [], 'nothing is left in tmp/');
  }
}

function* piecesOf(data: Buffer): Iterable<Buffer> {
  for (let start = 0; start < data.length; start += 1000) yield data.subarray(start, start + 1000);
}
