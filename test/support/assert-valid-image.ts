// Checks an OCI image layout on disk from first principles: every digest, size and diff id is computed again, counts
// agree, layers hold no unsafe or double name. Shares no code with src/, so that a bug there cannot excuse itself.
import type { ExecutionContext } from 'ava';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Parser } from 'tar';
import { createGunzip } from 'node:zlib';
import { PassThrough, type Transform } from 'node:stream';
import type { Descriptor } from './tiny-image.js';

export interface ImageConfig {
  readonly created?: string;
  readonly os: string;
  readonly architecture: string;
  readonly config?: { readonly Labels?: Readonly<Record<string, string>>; readonly [field: string]: unknown };
  readonly rootfs: { readonly diff_ids: readonly string[] };
  readonly history?: readonly { readonly created_by?: string; readonly empty_layer?: boolean }[];
}

interface IndexRow extends Descriptor {
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ValidImage {
  readonly digest: string;
  readonly manifest: { readonly config: Descriptor; readonly layers: readonly Descriptor[] };
  readonly config: ImageConfig;
  /** Names in each layer, without a trailing slash. */
  readonly files: readonly (readonly string[])[];
}

const REF_NAME = 'org.opencontainers.image.ref.name';
const IMAGE_NAME = 'io.containerd.image.name';

function blobPath(layout: string, digest: string): string {
  return join(layout, 'blobs', ...digest.split(':'));
}

function readVerified(t: ExecutionContext, layout: string, { digest, size }: Descriptor): Buffer {
  const data = readFileSync(blobPath(layout, digest));
  t.is(data.length, size, `size of ${digest}`);
  t.is(`sha256:${createHash('sha256').update(data).digest('hex')}`, digest, 'content of the blob');
  return data;
}

function decoderOf(mediaType: string): Transform {
  if (/[+.]gzip$/.test(mediaType)) return createGunzip();
  return new PassThrough();
}

async function checkLayer(
  t: ExecutionContext,
  layout: string,
  layer: Descriptor,
  diffId: string | undefined,
): Promise<string[]> {
  const path = blobPath(layout, layer.digest);
  t.regex(
    layer.mediaType,
    /^application\/vnd\.(oci\.image\.layer\.v1\.tar|docker\.image\.rootfs\.diff\.tar)([+.]gzip)?$/,
  );
  t.is(statSync(path).size, layer.size, `size of layer ${layer.digest}`);
  const compressed = createHash('sha256');
  const uncompressed = createHash('sha256');
  const names: string[] = [];
  const parser = new Parser({
    // An archive without entries is a layer that changes nothing, though the reader takes it for none.
    onwarn: (code, message) =>
      void (code === 'TAR_BAD_ARCHIVE' && names.length === 0 ? undefined : t.fail(`${code}: ${message}`)),
    onReadEntry: (entry) => {
      names.push(entry.path.replace(/\/$/, ''));
      entry.resume();
    },
  });
  const source = createReadStream(path).on('data', (chunk) => compressed.update(chunk));
  const decoded = decoderOf(layer.mediaType).on('data', (chunk: Buffer) => uncompressed.update(chunk));
  await pipeline(source, decoded, parser);
  t.is(`sha256:${compressed.digest('hex')}`, layer.digest, 'content of the layer');
  t.is(`sha256:${uncompressed.digest('hex')}`, diffId ?? '', 'diff id');
  t.is(
    new Set(names.map((name) => posix.normalize(name))).size,
    names.length,
    `names that stand twice in ${layer.digest}`,
  );
  t.deepEqual(
    names.filter((name) => name.startsWith('/') || name.split('/').includes('..')),
    [],
    'unsafe names',
  );
  return names;
}

function pickManifest(t: ExecutionContext, rows: readonly IndexRow[], name: string | undefined): IndexRow {
  const row =
    name === undefined
      ? rows[0]
      : rows.find(
          ({ annotations }) => annotations?.[REF_NAME] === name || annotations?.[IMAGE_NAME] === name,
        );
  if (!row) return t.fail(`no image ${name ?? ''} in index.json`) as never;
  return row;
}

/** @param name Value of the ref-name or image-name annotation; without it the first manifest counts. */
export async function assertValidImage(
  t: ExecutionContext,
  layout: string,
  name?: string,
): Promise<ValidImage> {
  t.deepEqual(JSON.parse(readFileSync(join(layout, 'oci-layout'), 'utf8')), { imageLayoutVersion: '1.0.0' });
  const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
    schemaVersion: number;
    manifests: IndexRow[];
  };
  t.is(index.schemaVersion, 2);
  for (const { digest } of index.manifests)
    t.true(existsSync(blobPath(layout, digest)), `${digest} of index.json exists`);
  const row = pickManifest(t, index.manifests, name);
  const manifest = JSON.parse(readVerified(t, layout, row).toString()) as ValidImage['manifest'] & {
    schemaVersion: number;
  };
  t.is(manifest.schemaVersion, 2);
  const config = JSON.parse(readVerified(t, layout, manifest.config).toString()) as ImageConfig;
  t.truthy(config.os && config.architecture, 'os and architecture');
  t.is(config.rootfs.diff_ids.length, manifest.layers.length, 'one diff id for each layer');
  const filled = (config.history ?? []).filter(({ empty_layer: isEmpty }) => !isEmpty).length;
  t.is(filled, manifest.layers.length, 'one history row with content for each layer');
  const files: string[][] = [];
  for (const [i, layer] of manifest.layers.entries())
    files.push(await checkLayer(t, layout, layer, config.rootfs.diff_ids[i]));
  return { digest: row.digest, manifest, config, files };
}
