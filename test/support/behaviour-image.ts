// An exported image as data: its config, what each layer holds, and the files that are left when the layers are
// applied. Shares no code with src/.
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';

export interface FileEntry {
  readonly type: string;
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly owner: `${number}:${number}`;
  /** Target of a symbolic or hard link. */
  readonly link: string;
  readonly text: string;
  readonly mtime: Date;
}

type Layer = ReadonlyMap<string, FileEntry>;

export interface HistoryRow {
  readonly created_by?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

export interface BuiltImage {
  readonly document: {
    readonly architecture: string;
    readonly os: string;
    readonly rootfs: { readonly diff_ids: readonly string[] };
    readonly history: readonly HistoryRow[];
  };
  /** Its `config` member. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly layers: readonly Layer[];
  /** Uncompressed tar of each layer. */
  readonly tars: readonly Buffer[];
  /** By path without a leading slash, after whiteouts. */
  readonly files: Layer;
}

function entryOf(header: ReadEntry, content: Buffer): FileEntry {
  return {
    type: header.type,
    mode: (header.mode ?? 0) & 0o7777,
    owner: `${header.uid ?? -1}:${header.gid ?? -1}`,
    link: header.linkpath ?? '',
    text: content.toString(),
    mtime: header.mtime ?? new Date(NaN),
  };
}

function readLayer(tar: Buffer): Promise<Layer> {
  const entries = new Map<string, FileEntry>();
  return new Promise((resolve) => {
    const parser = new Parser({
      onReadEntry: (header) => {
        const chunks: Buffer[] = [];
        header.on('data', (chunk) => chunks.push(chunk));
        header.on('end', () =>
          entries.set(
            posix.normalize(header.path).replace(/\/$/, ''),
            entryOf(header, Buffer.concat(chunks)),
          ),
        );
      },
    });
    parser.on('end', () => resolve(entries));
    parser.end(tar);
  });
}

function removeBelow(files: Map<string, FileEntry>, directory: string): void {
  for (const path of files.keys()) if (path.startsWith(`${directory}/`)) files.delete(path);
}

function applyLayers(layers: readonly Layer[]): Layer {
  const files = new Map<string, FileEntry>();
  for (const layer of layers) {
    for (const path of layer.keys()) {
      const [directory, name] = [posix.dirname(path), posix.basename(path)];
      if (name === '.wh..wh..opq') removeBelow(files, directory);
      else if (name.startsWith('.wh.')) {
        const hidden = posix.join(directory, name.slice('.wh.'.length));
        files.delete(hidden);
        removeBelow(files, hidden);
      }
    }
    for (const [path, entry] of layer) if (!posix.basename(path).startsWith('.wh.')) files.set(path, entry);
  }
  return files;
}

/** Reads the first image of an OCI layout. */
export async function readBuiltImage(layout: string): Promise<BuiltImage> {
  const blob = (digest: string): Buffer => readFileSync(join(layout, 'blobs', ...digest.split(':')));
  const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
    manifests: { digest: string }[];
  };
  const manifest = JSON.parse(blob(index.manifests[0]!.digest).toString()) as {
    config: { digest: string };
    layers: { digest: string; mediaType: string }[];
  };
  const document = JSON.parse(blob(manifest.config.digest).toString()) as BuiltImage['document'] & {
    config?: BuiltImage['config'];
  };
  const tars = manifest.layers.map(({ digest, mediaType }) =>
    mediaType.endsWith('gzip') ? gunzipSync(blob(digest)) : blob(digest),
  );
  const layers = await Promise.all(tars.map(readLayer));
  return { document, config: document.config ?? {}, layers, tars, files: applyLayers(layers) };
}
