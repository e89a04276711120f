// A directory that holds an image: an OCI layout, what skopeo writes as `dir:`, or an archive that was unpacked.
import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { archiveInvalid, type ArchiveFiles } from './archive-files.js';

const CHUNK_BYTES = 1 << 20;

/**
 * Symbolic links are followed as the system does: some tools write layouts of links, and all that is read is compared
 * with a digest.
 */
export function openDirectory(directory: string, name: string): ArchiveFiles {
  return {
    name,
    find(path) {
      if (path.startsWith('/') || path.split('/').includes('..'))
        throw archiveInvalid(name, path, 'a name that leads out of the directory');
      const host = join(directory, path);
      const stat = statSync(host, { throwIfNoEntry: false });
      if (!stat) return undefined;
      // A FIFO would never end.
      if (!stat.isFile()) throw archiveInvalid(name, path, 'not a regular file');
      return {
        size: stat.size,
        async *open() {
          yield* createReadStream(host, { highWaterMark: CHUNK_BYTES });
        },
      };
    },
    close: () => undefined,
  };
}
