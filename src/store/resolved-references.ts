// What a tag pointed to when it was last resolved, per platform: lets a build with a known base touch no network.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDigest, type Digest } from '../core/digest.js';
import { writeDurably } from './durable-write.js';
import { seal, unseal } from './sealed-json.js';
import type { StorePaths } from './store-paths.js';

/** The manifest (never an index) that `reference` means on `platform`. */
export interface ResolvedReference {
  readonly reference: string;
  readonly platform: string;
  readonly manifest: Digest;
}

function pathOf(paths: StorePaths, reference: string, platform: string): string {
  return join(
    paths.refs,
    `${createHash('sha256')
      .update(JSON.stringify([reference, platform]))
      .digest('hex')}.json`,
  );
}

/** Undefined when there is no record, or none that can be read: a damaged record is a miss. */
export function readResolvedReference(
  paths: StorePaths,
  reference: string,
  platform: string,
): ResolvedReference | undefined {
  try {
    const text = readFileSync(pathOf(paths, reference, platform), 'utf8');
    const found = unseal(text) as ResolvedReference | undefined;
    return found?.reference === reference && found.platform === platform && isDigest(found.manifest)
      ? found
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export function putResolvedReference(paths: StorePaths, resolved: ResolvedReference): void {
  writeDurably(pathOf(paths, resolved.reference, resolved.platform), seal(resolved), paths.tmp);
}
