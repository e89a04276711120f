// LZMA2: chunks of LZMA or of plain bytes, with resets between them (xz file format, section 5.3.1, and xz-embedded's
// xz_dec_lzma2.c).
import { TsbuildError } from '../../core/errors.js';
import type { ByteSource } from './byte-source.js';
import { createLzmaDecoder, type LzmaDecoder } from './lzma-decoder.js';
import { createLzmaHistory, type LzmaHistory } from './lzma-history.js';

/** Four times what `xz -9` asks for. */
const MAX_DICTIONARY = 256 * 1024 * 1024;

function damaged(): TsbuildError {
  return new TsbuildError('LAYER_INVALID', 'xz: damaged LZMA2 chunk');
}

/** Dictionary size from the filter's property byte. @throws TsbuildError LAYER_INVALID | LAYER_LIMIT */
export function dictionarySizeOf(property: number): number {
  if (property > 40) throw damaged();
  const size = property === 40 ? 0xffffffff : (2 | (property & 1)) * 2 ** ((property >> 1) + 11);
  if (size <= MAX_DICTIONARY) return size;
  throw new TsbuildError('LAYER_LIMIT', `xz: a dictionary of ${size} bytes, more than ${MAX_DICTIONARY}`);
}

/** What a chunk needs to have been set before it. */
interface Readiness {
  dictionary: boolean;
  properties: boolean;
  state: boolean;
}

async function plainChunk(
  source: ByteSource,
  control: number,
  history: LzmaHistory,
  ready: Readiness,
): Promise<void> {
  if (control > 2 || (control === 2 && !ready.dictionary)) throw damaged();
  if (control === 1) {
    history.reset();
    ready.dictionary = true;
    ready.properties = ready.state = false;
  }
  const bytes = await source.take((await source.take(2)).readUInt16BE(0) + 1);
  history.makeRoom(bytes.length);
  history.append(bytes);
}

interface Target {
  readonly history: LzmaHistory;
  readonly decoder: LzmaDecoder;
  readonly ready: Readiness;
}

async function lzmaChunk(
  source: ByteSource,
  control: number,
  { history, decoder, ready }: Target,
): Promise<void> {
  const sizes = await source.take(4);
  const length = ((control & 0x1f) << 16) + sizes.readUInt16BE(0) + 1;
  /** 0 nothing, 1 the state, 2 also properties, 3 also the dictionary. */
  const reset = (control >> 5) & 3;
  if (reset === 3) {
    history.reset();
    ready.dictionary = true;
  }
  if (reset >= 2) {
    decoder.setProperties((await source.take(1))[0]!);
    ready.properties = true;
  }
  if (reset >= 1) {
    decoder.resetState();
    ready.state = true;
  }
  if (!ready.dictionary || !ready.properties || !ready.state) throw damaged();
  history.makeRoom(length);
  const size = sizes.readUInt16BE(2) + 1;
  // Of a chunk that is cut short, what there is comes out before it is missed.
  decoder.decode((await source.peek(size)).subarray(0, size), history, length);
  await source.take(size);
}

/**
 * Decodes to the end mark. Every piece is a copy. What comes before damage is given before it is told.
 * @throws TsbuildError LAYER_INVALID
 */
export async function* decodeLzma2(source: ByteSource, dictionarySize: number): AsyncGenerator<Buffer, void> {
  const history = createLzmaHistory(dictionarySize);
  const decoder = createLzmaDecoder();
  const ready: Readiness = { dictionary: false, properties: false, state: false };
  for (;;) {
    const control = (await source.take(1))[0]!;
    if (control === 0) return;
    const before = history.position();
    const isReset = control === 1 || control >= 0xe0;
    const lastBytes = (length: number): Buffer =>
      Buffer.from(history.data.subarray(history.used - length, history.used));
    try {
      if (control < 0x80) await plainChunk(source, control, history, ready);
      else await lzmaChunk(source, control, { history, decoder, ready });
    } catch (error) {
      // The reset may not have been come to.
      const after = history.position();
      yield lastBytes(after - (isReset && after !== before ? 0 : before));
      throw error;
    }
    yield lastBytes(history.position() - (isReset ? 0 : before));
  }
}
