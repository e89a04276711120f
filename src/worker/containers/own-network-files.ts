// Root of a container may write its hosts, hostname and resolv.conf, and so may the invoking user, who renews them
// while the container runs: they belong to the one, and to the group of the other.
import { chmodSync, lchownSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../core/errno.js';
import type { Ownership } from '../../rootfs/ownership.js';

const FILES = ['hosts', 'hostname', 'resolv.conf'];
/** Of the group of the invoking user, in the user namespace of this worker. */
const INVOKING_GROUP = 0;

/** A container that shares the network of another one has none. @param directory the container's folder */
export function ownNetworkFiles({ idOnDisk }: Pick<Ownership, 'idOnDisk'>, directory: string): void {
  for (const name of FILES) {
    const path = join(directory, name);
    try {
      lchownSync(path, idOnDisk(0), INVOKING_GROUP);
      chmodSync(path, 0o664);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }
}
