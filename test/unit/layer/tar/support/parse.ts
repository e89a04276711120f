// Runs the parser over whole archives and collects what it says.
import { layerLimits, type LayerLimits } from '../../../../../src/layer/limits.js';
import type { RawEntry } from '../../../../../src/layer/tar/raw-entry.js';
import { createTarParser } from '../../../../../src/layer/tar/tar-parser.js';

export interface ParsedEntry {
  readonly raw: RawEntry;
  readonly data: Buffer;
}

export function pieces(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
}

export async function* stream(bytes: Buffer, size = 65536): AsyncGenerator<Buffer, void> {
  yield* pieces(bytes, size);
}

export async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}

/** @param options.size bytes per write; everything at once by default */
export function parse(
  bytes: Buffer,
  options: { size?: number; limits?: Partial<LayerLimits> } = {},
): ParsedEntry[] {
  const found: ParsedEntry[] = [];
  let raw: RawEntry | undefined;
  let parts: Buffer[] = [];
  const parser = createTarParser({
    limits: layerLimits(options.limits),
    onEntry: (entry) => void (raw = entry),
    onData: (data) => void parts.push(Buffer.from(data)),
    onEntryEnd() {
      found.push({ raw: raw!, data: Buffer.concat(parts) });
      parts = [];
    },
  });
  for (const piece of pieces(bytes, options.size ?? Math.max(bytes.length, 1))) parser.write(piece);
  parser.end();
  return found;
}
