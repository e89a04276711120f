// Names of layers that stand for deletions: OCI image-spec layer.md#whiteouts.
import type { ByteString } from '../../core/bytes.js';

export const WHITEOUT_PREFIX = '.wh.';
export const OPAQUE_NAME = '.wh..wh..opq';
/** Bookkeeping of the AUFS driver, in layers of its time; Docker skips it too. */
export const AUFS_PREFIX = '.wh..wh.';

/** Whether some component of the path has a meaning of its own in layers. */
export function hasWhiteoutComponent(path: ByteString): boolean {
  return path.startsWith(WHITEOUT_PREFIX) || path.includes(`/${WHITEOUT_PREFIX}`);
}

/**
 * Where AUFS kept files that have several names, each under a name of its own; all others were hard links to it.
 * Docker's unpacker keeps what is in it for the links alone (moby/go-archive's UnpackLayer).
 */
export const AUFS_LINKS = '.wh..wh.plnk' as ByteString;

/** Whether a clean path is that of something kept for links. */
export function isKeptForLinks(path: ByteString): boolean {
  return path.startsWith(`${AUFS_LINKS}/`);
}
