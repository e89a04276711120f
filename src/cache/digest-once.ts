// Content digests of what COPY and bind mounts select out of layers, remembered by the layers and the question. A build
// in which nothing has changed then decodes no index, however many files are selected, and one whose steps come from a
// remote cache fetches none. A memo is not synced: one that is not whole counts as absent.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DiffId } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import type { SourceRequest } from '../layer/copy/select-sources.js';
import { SELECTION_VERSION } from '../layer/copy/selection-digest.js';
import { writeUnsynced } from '../store/durable-write.js';
import type { Store } from '../store/store.js';

/** Raised when the same question selects something else. */
const MEMO_VERSION = 1;

/** What a selection depends on: layers never change, and neither does what is found in them. */
export interface SelectionQuestion {
  /** Bottom first. */
  readonly layers: readonly DiffId[];
  readonly request: SourceRequest;
}

/** Knows digests that other machines have computed. */
export interface SelectionSource {
  /** Digest in hex; undefined when it is not known there. @param name of the question */
  find(name: string): Promise<string | undefined>;
  /** Told of an answer that was wrong. @returns the error to be thrown */
  refuse(name: string, error: TsbuildError): Promise<unknown>;
}

export interface DigestCache {
  readonly store: Store;
  /** Asked when the store has no answer. */
  readonly selections?: SelectionSource;
  /** Told of each answer that the build used. */
  onSelection?(name: string, digest: string): void;
}

export interface ContentDigest {
  /** In hex. */
  readonly digest: string;
  /**
   * Computes it after all when the store does not vouch for it: before anything is kept under a key that it is part of.
   * @throws TsbuildError CACHE_UNAVAILABLE when it is another, and what `compute` throws
   */
  confirm(): Promise<void>;
}

/** Computed when nobody knows it. @throws what `compute` and the source of selections throw */
export async function digestOnce(
  cache: DigestCache,
  question: SelectionQuestion,
  compute: () => Promise<string>,
): Promise<ContentDigest> {
  const { store, selections } = cache;
  const name = nameOf(question);
  const path = join(store.paths.selections, name);
  const own = readMemo(path, name);
  const foreign = own === undefined ? await selections?.find(name) : undefined;
  const keep = async (): Promise<string> => {
    const digest = await compute();
    writeUnsynced(path, `${digest} ${checkOf(name, digest)}`, store.paths.tmp);
    return digest;
  };
  const digest = own ?? foreign ?? (await keep());
  cache.onSelection?.(name, digest);
  return {
    digest,
    async confirm() {
      if (foreign === undefined || (await keep()) === foreign) return;
      const message = 'it has another digest for files that are copied out of layers';
      throw await selections?.refuse(name, new TsbuildError('CACHE_INVALID', message));
    },
  };
}

function nameOf({ layers, request }: SelectionQuestion): string {
  const { sources, wildcards, isParents = false, excludes = [] } = request;
  const versions = [MEMO_VERSION, SELECTION_VERSION];
  return sha256(JSON.stringify([versions, layers, sources, wildcards, isParents, excludes]));
}

/** A memo that was damaged, or moved to another name, is none. */
function readMemo(path: string, name: string): string | undefined {
  try {
    const [digest = '', check] = readFileSync(path, 'utf8').split(' ');
    return check === checkOf(name, digest) ? digest : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function checkOf(name: string, digest: string): string {
  return sha256(`${name} ${digest}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
