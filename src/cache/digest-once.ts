// Content digests of what COPY and bind mounts select out of layers, remembered by the layers and the question. A build
// in which nothing has changed then decodes no index, however many files are selected. A memo is not synced: one that
// is not whole counts as absent.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DiffId } from '../core/digest.js';
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

/** The digest, in hex; computed when it is not known. */
export function digestOnce(store: Store, question: SelectionQuestion, compute: () => string): string {
  const name = nameOf(question);
  const path = join(store.paths.selections, name);
  const known = readMemo(path, name);
  if (known !== undefined) return known;
  const digest = compute();
  writeUnsynced(path, `${digest} ${checkOf(name, digest)}`, store.paths.tmp);
  return digest;
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
