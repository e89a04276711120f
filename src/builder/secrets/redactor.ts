// Hides secrets in the output of a step while it passes, wherever the chunks are cut, and in the errors of a step.
// Invariant: no pattern that stands in the output as a whole is given out; nothing is held back but what
// may be the begin of one.
import { TsbuildError } from '../../core/errors.js';

const MASK = Buffer.from('****');
const EMPTY = Buffer.alloc(0);

export interface StreamRedactor {
  /** What may be shown so far; may be empty. */
  push(chunk: Uint8Array): Buffer;
  /** What was held back; masked too, where it holds a whole pattern. */
  end(): Buffer;
}

/** One for each stream. @param patterns not empty, the longest first */
export function createStreamRedactor(patterns: readonly Buffer[]): StreamRedactor {
  let held: Buffer = EMPTY;
  return {
    push(chunk) {
      const data = held.length > 0 ? Buffer.concat([held, chunk]) : bufferOf(chunk);
      const { shown, end } = mask(data, patterns, { isLast: false });
      held = Buffer.from(data.subarray(end));
      return shown;
    },
    end() {
      const { shown } = mask(held, patterns, { isLast: true });
      held = EMPTY;
      return shown;
    },
  };
}

function bufferOf(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

/**
 * The data with its matches masked, the leftmost first and the longest of those, up to `end`, where something begins
 * that may yet become a match.
 */
function mask(
  data: Buffer,
  patterns: readonly Buffer[],
  { isLast }: { readonly isLast: boolean },
): { shown: Buffer; end: number } {
  const pieces: Buffer[] = [];
  const nextMatch = createMatcher(data, patterns);
  const partialFrom = (at: number): number => (isLast ? data.length : startOfPartial(data, patterns, at));
  let at = 0;
  let partial = partialFrom(0);
  for (let match = nextMatch(0); match && match.index < partial; match = nextMatch(at)) {
    pieces.push(data.subarray(at, match.index), MASK);
    at = match.index + match.length;
    if (partial < at) partial = partialFrom(at);
  }
  return { shown: Buffer.concat([...pieces, data.subarray(at, partial)]), end: partial };
}

interface Match {
  readonly index: number;
  readonly length: number;
}

/** Gives the first match at or behind a place; the places asked for ascend, so that no pattern is looked for twice. */
function createMatcher(data: Buffer, patterns: readonly Buffer[]): (from: number) => Match | undefined {
  let ahead = patterns.map((pattern) => ({ pattern, index: data.indexOf(pattern) }));
  return (from) => {
    ahead = ahead
      .map((one) =>
        one.index < 0 || one.index >= from ? one : { ...one, index: data.indexOf(one.pattern, from) },
      )
      .filter(({ index }) => index >= 0);
    if (ahead.length === 0) return undefined;
    const { index, pattern } = ahead.reduce((a, b) => (b.index < a.index ? b : a));
    return { index, length: pattern.length };
  };
}

/**
 * Where, at or behind `from`, a tail of the data begins that is the begin of a pattern; the length of the data without
 * one.
 */
function startOfPartial(data: Buffer, patterns: readonly Buffer[], from: number): number {
  return Math.min(data.length, ...patterns.map((pattern) => startOf(data, pattern, from)));
}

function startOf(data: Buffer, pattern: Buffer, from: number): number {
  const first = pattern[0]!;
  let at = data.indexOf(first, Math.max(data.length - pattern.length + 1, from));
  while (at >= 0) {
    if (data.compare(pattern, 0, data.length - at, at) === 0) return at;
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
  const { message, hint } = error;
  return error.with({
    message: hide(message),
    hint: hint === undefined ? undefined : hide(hint),
    cause: undefined,
  });
}

/** Message first, then hint, stack and those of its causes. */
function textsOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  const own = [
    error.message,
    ...(error instanceof TsbuildError && error.hint ? [error.hint] : []),
    error.stack ?? '',
  ];
  return error.cause === undefined ? own : [...own, ...textsOf(error.cause)];
}
