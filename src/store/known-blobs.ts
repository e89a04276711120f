// Which repositories have which blobs, as far as pushes and pulls have shown: where a blob can be mounted from, or had.
// A file per registry. What is remembered may be wrong by now, which costs one request.
// Model: the BlobInfoCache of c/image, and containerd's labels containerd.io/distribution.source.
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, hexOf, isDigest, type Digest } from '../core/digest.js';
import { isDomain, isRepositoryPath, type Reference } from '../oci/reference.js';
import { writeUnsynced } from './durable-write.js';
import { seal, unseal } from './sealed-json.js';
import type { StorePaths } from './store-paths.js';

/** Of one registry: by digest the paths of repositories, the latest first; the digest that was seen last comes last. */
interface KnownBlobs {
  readonly domain: string;
  readonly blobs: readonly (readonly [digest: Digest, repositories: readonly string[]])[];
}

type Paths = Pick<StorePaths, 'knownBlobs' | 'tmp'>;

const MAX_BLOBS = 4096;
const MAX_REPOSITORIES = 4;

/** Repositories of a registry, or of all, that had the blob; the latest of each first. */
export function repositoriesWith(paths: Paths, digest: Digest, domain?: string): readonly Reference[] {
  const files = domain === undefined ? allFiles(paths) : [fileOf(paths, domain)];
  return files.flatMap((file) => {
    const known = read(file);
    const found = known?.blobs.find(([blob]) => blob === digest)?.[1] ?? [];
    return found.map((path) => ({ domain: known!.domain, path }));
  });
}

/**
 * Of two processes that write at once one may forget what the other wrote.
 * @throws TsbuildError STORE_FULL, STORE_UNWRITABLE
 */
export function rememberBlobs(
  paths: Paths,
  { domain, path }: Pick<Reference, 'domain' | 'path'>,
  digests: readonly Digest[],
): void {
  const file = fileOf(paths, domain);
  const blobs = new Map(read(file)?.blobs);
  const isKnown = (digest: Digest): boolean => blobs.get(digest)?.[0] === path;
  if (digests.every(isKnown)) return;
  for (const digest of digests) {
    const others = (blobs.get(digest) ?? []).filter((other) => other !== path);
    blobs.delete(digest);
    blobs.set(digest, [path, ...others].slice(0, MAX_REPOSITORIES));
  }
  const known: KnownBlobs = { domain, blobs: [...blobs].slice(-MAX_BLOBS) };
  mkdirSync(paths.knownBlobs, { recursive: true, mode: 0o700 });
  // Lost with a crash it is as good as none.
  writeUnsynced(file, seal(known), paths.tmp);
}

function fileOf({ knownBlobs }: Paths, domain: string): string {
  return join(knownBlobs, `${hexOf(digestOf(domain))}.json`);
}

function allFiles({ knownBlobs }: Paths): readonly string[] {
  return existsSync(knownBlobs) ? readdirSync(knownBlobs).map((name) => join(knownBlobs, name)) : [];
}

/** Undefined when there is none, or none that can be read: a damaged file is as good as none. */
function read(file: string): KnownBlobs | undefined {
  try {
    const known = unseal(readFileSync(file, 'utf8')) as KnownBlobs | undefined;
    return known && isDomain(known.domain) && known.blobs.every(isEntry) ? known : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isEntry([digest, repositories]: KnownBlobs['blobs'][number]): boolean {
  return isDigest(digest) && repositories.every(isRepositoryPath);
}
