// An archive that comes in pieces, written into a directory that is in use.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { layerLimits } from '../layer/limits.js';
import { layerEntryOf } from '../layer/tar/layer-entry-of.js';
import { createTarParser } from '../layer/tar/tar-parser.js';
import type { ArchiveWriter } from './archive-writer.js';

/** The user has it already: only names and headers are bounded. */
const LIMITS = layerLimits({ maxEntries: Infinity, maxUncompressedBytes: Infinity, maxRatio: Infinity });

export interface ArchiveReader {
  /** @throws TsbuildError LAYER_INVALID, LAYER_UNSAFE, LAYER_LIMIT, and what the writer throws */
  write(chunk: Buffer): Promise<void>;
  /** After the last piece. @throws as `write` */
  end(): void;
  close(): void;
}

export function readArchiveInto(writer: ArchiveWriter): ArchiveReader {
  let isFile = false;
  const parser = createTarParser({
    limits: LIMITS,
    onEntry(raw) {
      const entry = layerEntryOf(raw, { limits: LIMITS, whiteouts: false });
      isFile = entry?.kind === 'node' && entry.node.type === 'file';
      if (entry) writer.add(entry);
    },
    onData: (data) => (isFile ? writer.write(data) : undefined),
    onEntryEnd: () => writer.endEntry(),
  });
  return {
    async write(chunk) {
      for (const _ of parser.take(chunk)) await nextTurn();
    },
    end() {
      parser.end();
      writer.finish();
    },
    close: () => writer.close(),
  };
}
