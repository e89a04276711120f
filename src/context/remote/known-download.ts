// What earlier builds have downloaded. It is apart from the downloading, which a build with nothing to fetch does not load.
import type { Digest } from '../../core/digest.js';
import { downloadPath, readDownload } from '../../store/downloads.js';
import type { RemoteOptions } from './remote-options.js';
import type { LocalDownload } from './remote-sources.js';

/** The content that the URL had when it was last asked for, if it is the one wanted. */
export function knownDownload(
  { store }: RemoteOptions,
  url: string,
  digest: Digest,
): LocalDownload | undefined {
  const known = URL.canParse(url) ? readDownload(store.paths, url) : undefined;
  return known?.digest === digest ? { ...known, path: downloadPath(store.paths, digest) } : undefined;
}
