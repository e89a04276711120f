// Content that came from URLs, kept so that an unchanged file is not downloaded twice: `downloads/<sha256 of the
// content>`, and beside it `downloads/<sha256 of the URL>.json` with what the server said of it. Everything here may be
// deleted at any time; a file's mtime is its last use.
import { createHash } from 'node:crypto';
import { readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { hexOf, isDigest, type Digest } from '../core/digest.js';
import { redactUrl } from '../core/redact.js';
import { writeDurably } from './durable-write.js';
import { seal, unseal } from './sealed-json.js';
import type { StorePaths } from './store-paths.js';

export interface Download {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly etag?: string;
  /** The Last-Modified header as it came. */
  readonly lastModified?: string;
}

/** Where the content of that digest lies, or would lie. */
export function downloadPath(paths: StorePaths, digest: Digest): string {
  return join(paths.downloads, hexOf(digest));
}

/** User info says who may read, not what is read; the name of the record shows nothing of the URL. */
function recordPath(paths: StorePaths, url: string): string {
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  plain.hash = '';
  return join(paths.downloads, `${createHash('sha256').update(plain.href).digest('hex')}.json`);
}

/** What is known of a valid URL, when its content is here too; a damaged record is a miss. */
export function readDownload(paths: StorePaths, url: string): Download | undefined {
  let download: Download | undefined;
  try {
    download = unseal(readFileSync(recordPath(paths, url), 'utf8')) as Download | undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (!download || !isDigest(download.digest)) return undefined;
  const stat = statSync(downloadPath(paths, download.digest), { throwIfNoEntry: false });
  return stat?.size === download.sizeBytes ? download : undefined;
}

/** Records a download whose content has its place already. @throws TsbuildError STORE_FULL, STORE_UNWRITABLE */
export function putDownload(paths: StorePaths, url: string, download: Download): void {
  writeDurably(recordPath(paths, url), seal({ url: redactUrl(url), ...download }), paths.tmp);
}

/** Marks the content as used at `now`, in seconds since the epoch. */
export function touchDownload(paths: StorePaths, { digest }: Download, now: number): void {
  utimesSync(downloadPath(paths, digest), now, now);
}
