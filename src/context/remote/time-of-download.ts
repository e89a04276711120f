// When the content of a URL was made: Last-Modified, else the newest file when it is an archive (BuildKit's dockerfile2llb/epoch.go).
import { createReadStream } from 'node:fs';
import { parseHttpDate } from './http-source.js';
import { TsbuildError } from '../../core/errors.js';
import type { LayerLimits } from '../../layer/limits.js';
import { readLayer } from '../../layer/read-layer.js';
import type { LocalDownload } from './remote-sources.js';

export interface ReadOptions {
  readonly limits: LayerLimits;
  readonly signal: AbortSignal;
}

/** Seconds since 1970; undefined when nothing tells. @throws TsbuildError ABORTED */
export async function timeOfDownload(
  { path, lastModified }: LocalDownload,
  options: ReadOptions,
): Promise<number | undefined> {
  return parseHttpDate(lastModified) ?? newestInArchive(path, options);
}

/** Undefined for an archive without files and for what is none. */
async function newestInArchive(path: string, options: ReadOptions): Promise<number | undefined> {
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
