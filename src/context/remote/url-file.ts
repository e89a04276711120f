// The file that a URL stands for: its name, its dates, and a tree with that one file in it.
import { createReadStream } from 'node:fs';
import { posix } from 'node:path';
import { fromUtf8, type ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import type { TreeNode } from '../../layer/entry.js';
import type { LayerLimits } from '../../layer/limits.js';
import { memoryTree } from '../../layer/memory-tree.js';
import type { TreeView } from '../../layer/tree-view.js';
import type { Download } from '../../store/downloads.js';
import type { LocalDownload } from './remote-sources.js';

export interface UrlFile {
  readonly view: TreeView;
  readonly name: ByteString;
  readonly node: TreeNode;
}

export function urlFile(url: string, download: LocalDownload): UrlFile {
  const name = fileNameOfUrl(url);
  const node = nodeOfDownload(download, fromUtf8(download.path));
  return { view: memoryTree([{ kind: 'node', path: name, node }]), name, node };
}

/**
 * The name a URL is stored under: its last path segment, decoded, else `__unnamed__`. Spec: BuildKit's
 * source/http/source.go.
 */
export function fileNameOfUrl(url: string): ByteString {
  const path = URL.canParse(url) ? decodePath(new URL(url).pathname) : undefined;
  const name = path === undefined ? '' : posix.basename(posix.normalize(path));
  return name === '' || name === '.' || name === '..' || name.includes('\0')
    ? fromUtf8('__unnamed__')
    : fromUtf8(name);
}

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    // Not UTF-8 behind the percent signs: such a URL names no file.
    return undefined;
  }
}

/**
 * The file as a node: 0600, owned by root, dated by Last-Modified, else 1970. Its bytes lie at the host path `path`.
 */
export function nodeOfDownload({ digest, sizeBytes, lastModified }: Download, path: ByteString): TreeNode {
  return {
    type: 'file',
    mode: 0o600,
    uid: 0,
    gid: 0,
    size: sizeBytes,
    mtime: parseHttpDate(lastModified) ?? 0,
    mtimeNsec: 0,
    content: { kind: 'file', path },
    sha256: digest.slice('sha256:'.length),
  };
}

/** Seconds since the epoch of an HTTP date (RFC 9110 section 5.6.7); undefined when it is none. */
export function parseHttpDate(text: string | undefined): number | undefined {
  if (text === undefined || !/^(Mon|Tues?|Wed(nes)?|Thu(rs)?|Fri|Sat(ur)?|Sun)(day)?,? /.test(text))
    return undefined;
  // asctime has no zone and means UTC.
  const milliseconds = Date.parse(/GMT$|UTC$/.test(text) ? text : `${text} GMT`);
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000);
}

export interface ArchiveOptions {
  readonly limits: LayerLimits;
  readonly signal: AbortSignal;
}

/**
 * The time at which the content was made, in seconds since the epoch: Last-Modified, else that of the newest file when
 * it is an archive; undefined when nothing tells. Spec: BuildKit's dockerfile2llb/epoch.go.
 * @throws TsbuildError ABORTED
 */
export async function timeOfDownload(
  { path, lastModified }: LocalDownload,
  options: ArchiveOptions,
): Promise<number | undefined> {
  return parseHttpDate(lastModified) ?? newestInArchive(path, options);
}

/** Undefined for an archive without files and for a file that is no archive. */
async function newestInArchive(path: string, options: ArchiveOptions): Promise<number | undefined> {
  const { readLayer } = await import('../../layer/read-layer.js');
  let newest: number | undefined;
  try {
    await readLayer(createReadStream(path, { highWaterMark: 1 << 18 }), {
      ...options,
      whiteouts: false,
      sink: {
        onEntry(entry) {
          if (entry.kind !== 'node' || entry.node.type !== 'file') return;
          newest = Math.max(newest ?? -Infinity, entry.node.mtime);
        },
        onData() {},
        onEntryEnd() {},
      },
    });
  } catch (error) {
    if (error instanceof TsbuildError && error.code.startsWith('LAYER_')) return undefined;
    throw error;
  }
  return newest;
}
