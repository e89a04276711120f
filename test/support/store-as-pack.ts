// What a store knows of steps, as a pack in an image layout: what another machine would have written there.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { openLayoutPackStore } from '../../src/cache/remote/local/open-layout-store.js';
import { encodePack } from '../../src/cache/remote/pack-format.js';
import type { PackRecord, PackSelection } from '../../src/cache/remote/pack.js';
import type { StepKey } from '../../src/cache/step-key.js';
import type { StepRecord } from '../../src/cache/step-records.js';
import { digestOf } from '../../src/core/digest.js';
import { MEDIA, type Descriptor } from '../../src/oci/types.js';
import { unseal } from '../../src/store/sealed-json.js';
import type { Store } from '../../src/store/store.js';

/** To be changed before it is published. */
export interface LoosePack {
  records: PackRecord[];
  selections: PackSelection[];
  readonly blobs: Map<string, Buffer>;
  /** Goes with the pack. */
  signature?: string;
}

const STEPS = ['run', 'copy', 'add', 'workdir'];

export function packOfStore(store: Store): LoosePack {
  const blobs = new Map<string, Buffer>();
  const records = recordFiles(store).flatMap(([key, path]): PackRecord[] => {
    const record = unseal(readFileSync(path, 'utf8')) as StepRecord;
    if (!STEPS.includes(String(record.inputs['op']))) return [];
    const { diffId, size, created } = record;
    const blob = addBlob(blobs, readFileSync(store.paths.blob(diffId)));
    const about = { created, platform: 'linux/amd64', writer: 'other', lastUsed: 20_000 };
    return [{ key: key as StepKey, diffId, size, blob, ...about }];
  });
  return { records, selections: selectionsOf(store), blobs };
}

/** Adds the bytes of a layer, compressed. */
export function addBlob(blobs: LoosePack['blobs'], tar: Buffer): Descriptor {
  const bytes = gzipSync(tar);
  const digest = digestOf(bytes);
  blobs.set(digest, bytes);
  return { mediaType: MEDIA.ociLayerGzip, digest, size: bytes.length };
}

/** Blobs are written as they are, whatever their names say. */
export async function publishLoose(pack: LoosePack, path: string, tag = 'main'): Promise<void> {
  const { records, selections, blobs, signature } = pack;
  const { signal } = new AbortController();
  const place = openLayoutPackStore({ path, tag });
  const layers = records.map(({ blob, diffId }) => ({ blob, diffId }));
  for (const { blob } of layers)
    await place.putBlob(
      {
        descriptor: blob,
        async *open() {
          yield blobs.get(blob.digest)!;
        },
      },
      signal,
    );
  const found = await place.read(signal);
  const seen = found.kind === 'nothing' ? undefined : found.revision;
  const packed = encodePack({ records, selections, mounts: [] });
  await place.publish({ packed, layers, ...(signature !== undefined && { signature }) }, seen, signal);
}

function recordFiles({ paths, boot }: Store): [string, string][] {
  const folders = [
    `${paths.unsynced}/${boot()}`,
    ...(existsSync(paths.cache) ? readdirSync(paths.cache).map((name) => join(paths.cache, name)) : []),
  ];
  const files = folders.filter(existsSync).flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /^[0-9a-f]{64}\.json$/.test(name))
      .map((name): [string, string] => [name.slice(0, 64), join(folder, name)]),
  );
  return [...new Map(files)];
}

function selectionsOf({ paths }: Store): PackSelection[] {
  if (!existsSync(paths.selections)) return [];
  return readdirSync(paths.selections).map((name) => {
    const [digest = ''] = readFileSync(join(paths.selections, name), 'utf8').split(' ');
    return { name, digest, lastUsed: 20_000 };
  });
}
