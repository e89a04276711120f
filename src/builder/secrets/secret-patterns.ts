// What to look for so that a secret is found however it was copied: without the white space around it, and, for what
// people read, each line of a secret of several lines.
import type { NamedSecret } from './secrets.js';

const SPACE = new Set([0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20]);

/** Shorter values stand in too many files by chance. */
const LEAST_SCANNED_BYTES = 8;
/** Hiding shorter ones would make a log unreadable and give them away by their places. */
const LEAST_HIDDEN_BYTES = 4;
/** A key or a credentials file has fewer; a bundle of certificates, which is no secret line by line, has more. */
const MAX_LINES = 100;

/** Without white space at the ends: `$(cat file)` drops it as well. */
function trimmed(value: Buffer): Buffer {
  let start = 0;
  let end = value.length;
  while (start < end && SPACE.has(value[start]!)) start++;
  while (end > start && SPACE.has(value[end - 1]!)) end--;
  return value.subarray(start, end);
}

function linesOf(value: Buffer): Buffer[] {
  const lines = value.toString('latin1').split('\n');
  if (lines.length < 2 || lines.length > MAX_LINES) return [];
  return lines
    .map((line) => trimmed(Buffer.from(line, 'latin1')))
    .filter(({ length }) => length >= LEAST_SCANNED_BYTES);
}

/** What must not be in a layer or a config. */
export function scannedPatterns(secrets: readonly NamedSecret[]): NamedSecret[] {
  return secrets
    .map(({ id, value }) => ({ id, value: trimmed(value) }))
    .filter(({ value }) => value.length >= LEAST_SCANNED_BYTES);
}

/** What must not be shown; the longest first, so that a value that contains another one is hidden whole. */
export function hiddenPatterns(secrets: readonly NamedSecret[]): Buffer[] {
  const whole = secrets.map(({ value }) => trimmed(value));
  const patterns = [...whole.filter(({ length }) => length >= LEAST_HIDDEN_BYTES), ...whole.flatMap(linesOf)];
  return patterns.toSorted((a, b) => b.length - a.length);
}
