// Images of the store to an archive.
import type { BuildOptions } from '../build-options.js';
import type { Platform } from '../oci/platform.js';

export interface SaveRequest {
  /** Names, ids or digests; at least one. */
  readonly names: readonly string[];
  /** A path; default `-`, standard output. */
  readonly output?: string;
  /** `docker` (default): an OCI layout with docker's manifest.json; `oci`: without it. */
  readonly format?: 'docker' | 'oci';
  /** An image for another platform is refused. */
  readonly platform?: Platform;
}

export interface SaveResult {
  /** Of the manifests, in the order of the names. */
  readonly digests: readonly string[];
}

export function save(_request: SaveRequest, _options: BuildOptions = {}): Promise<SaveResult> {
  return Promise.reject(new Error('to come'));
}
