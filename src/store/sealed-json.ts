// Small JSON files of the store that carry a checksum: one that the disk, or somebody, changed counts as absent.
import { createHash } from 'node:crypto';

const START = '{"sum":"';
const SUM_CHARS = 64;
const AFTER_SUM = '",';

/** @param value an object with members */
export function seal(value: object): string {
  const text = JSON.stringify(value);
  return `${START}${sumOf(text)}${AFTER_SUM}${text.slice(1)}`;
}

/** What was sealed; undefined when the text is not what `seal` gave. */
export function unseal(text: string): unknown {
  const end = START.length + SUM_CHARS;
  const body = `{${text.slice(end + AFTER_SUM.length)}`;
  if (!text.startsWith(START) || text.slice(end, end + AFTER_SUM.length) !== AFTER_SUM) return undefined;
  return sumOf(body) === text.slice(START.length, end) ? JSON.parse(body) : undefined;
}

function sumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
