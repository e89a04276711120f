// Hides secrets in the output of a step while it passes, wherever the chunks are cut, and in the errors of a step.
// Invariant: no pattern that stands in the output as a whole is given out; nothing is held back but what may be the begin of one.
import { TsbuildError } from '../../core/errors.js';

const MASK = Buffer.from('****');
const EMPTY = Buffer.alloc(0);

export interface StreamRedactor {
  /** What may be shown so far; may be empty. */
  push(chunk: Uint8Array): Buffer;
  /** What was held back. */
  end(): Buffer;
}

/** One for each stream. @param patterns not empty, the longest first */
export function createStreamRedactor(patterns: readonly Buffer[]): StreamRedactor {
  let held: Buffer = EMPTY;
  return {
    push(chunk) {
      const data = held.length > 0 ? Buffer.concat([held, chunk]) : bufferOf(chunk);
      const { shown, rest } = mask(data, patterns);
      const start = startOfPartial(rest, patterns);
      held = Buffer.from(rest.subarray(start));
      return Buffer.concat([...shown, rest.subarray(0, start)]);
    },
    end() {
      const rest = held;
      held = EMPTY;
      return rest;
    },
  };
}

function bufferOf(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

interface Match {
  readonly index: number;
  readonly pattern: Buffer;
}

/** The data up to the last match with masks in it, and what comes behind. */
function mask(data: Buffer, patterns: readonly Buffer[]): { shown: Buffer[]; rest: Buffer } {
  const shown: Buffer[] = [];
  let rest = data;
  // Only what was found in the whole data is looked for again behind a match.
  let present = patterns.filter((pattern) => data.includes(pattern));
  while (present.length > 0) {
    const matches = present.map((pattern): Match => ({ index: rest.indexOf(pattern), pattern })).filter(({ index }) => index >= 0);
    if (matches.length === 0) break;
    const first = matches.reduce((a, b) => (b.index < a.index ? b : a));
    shown.push(rest.subarray(0, first.index), MASK);
    rest = rest.subarray(first.index + first.pattern.length);
    present = matches.map(({ pattern }) => pattern);
  }
  return { shown, rest };
}

/** Where a tail of the data begins that is the begin of a pattern; the length of the data without one. */
function startOfPartial(data: Buffer, patterns: readonly Buffer[]): number {
  return Math.min(data.length, ...patterns.map((pattern) => startOf(data, pattern)));
}

function startOf(data: Buffer, pattern: Buffer): number {
  const first = pattern[0]!;
  let at = data.indexOf(first, Math.max(data.length - pattern.length + 1, 0));
  while (at >= 0) {
    const length = data.length - at;
    if (data.compare(pattern, 0, length, at) === 0) return at;
    at = data.indexOf(first, at + 1);
  }
  return data.length;
}

/** The text without the patterns, as they are or as they stand in JSON. */
export function redactPatterns(text: string, patterns: readonly Buffer[]): string {
  const words = patterns.map((pattern) => pattern.toString('utf8'));
  const spellings = words.flatMap((word) => [word, JSON.stringify(word).slice(1, -1)]);
  return spellings.reduce((result, word) => result.replaceAll(word, '****'), text);
}

/** The same error; with the patterns hidden, and then without its causes, when any of them is in it. */
export function redactError(error: unknown, patterns: readonly Buffer[]): unknown {
  const hide = (text: string): string => redactPatterns(text, patterns);
  if (textsOf(error).every((text) => hide(text) === text)) return error;
  if (!(error instanceof TsbuildError)) return new Error(hide(textsOf(error)[0]!));
  const { code, message, hint, location, exitCode } = error;
  return new TsbuildError(code, hide(message), { hint: hint === undefined ? undefined : hide(hint), location, exitCode });
}

/** Message first, then hint, stack and those of its causes. */
function textsOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  const own = [error.message, ...(error instanceof TsbuildError && error.hint ? [error.hint] : []), error.stack ?? ''];
  return error.cause === undefined ? own : [...own, ...textsOf(error.cause)];
}
