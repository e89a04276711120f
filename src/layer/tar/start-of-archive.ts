// Whether bytes begin as an archive. Matches isArchivePath of BuildKit's solver/llbsolver/file/unpack.go: they do when
// the first entry can be read, whatever it is, or a global header. So what comes after the first entry, and is damaged,
// is a damaged archive.
import { TsbuildError } from '../../core/errors.js';
import { decompress } from '../decompress/decompress.js';
import type { LayerLimits } from '../limits.js';
import { createTarParser } from './tar-parser.js';

/** `undecodable`: the bytes are compressed, and the decoder failed before there was an entry. */
export type ArchiveStart = 'archive' | 'none' | 'undecodable';

/** @throws TsbuildError LAYER_LIMIT, and what `chunks` throw */
export async function startOfArchive(
  chunks: AsyncIterable<Buffer>,
  limits: LayerLimits,
): Promise<ArchiveStart> {
  let isArchive = false;
  const found = () => void (isArchive = true);
  const parser = createTarParser({ limits, onEntry: found, onGlobalHeader: found });
  let isDecoded = false;
  try {
    for await (const chunk of decompress(chunks, { limits })) {
      isDecoded = true;
      parser.write(chunk);
      isDecoded = false;
      if (isArchive) break;
    }
  } catch (error) {
    if (!(error instanceof TsbuildError) || error.code !== 'LAYER_INVALID') throw error;
    if (!isArchive) return isDecoded ? 'none' : 'undecodable';
  }
  return isArchive ? 'archive' : 'none';
}
