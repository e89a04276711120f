// Figures and names as the page shows them. Pure.
import { formatSize } from '../core/human-size.js';

/** `0.4 s`, `2 min 05 s`, `1 h 02 min`. */
export function duration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (number: number): string => String(number).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** `7.38 MB` */
export function bytes(count: number): string {
  return formatSize(count).replace(/^([\d.]+)/, '$1 ');
}

/** `12 %`; below one `< 1 %`. */
export function share(part: number, whole: number): string {
  if (whole <= 0 || part <= 0) return '0 %';
  const percent = (part / whole) * 100;
  return percent < 1 ? '< 1 %' : `${Math.round(percent)} %`;
}

/** `1 file`, `3 files`. */
export function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}

/** `2026-01-02 03:04:05 UTC` @param seconds since the epoch */
export function moment(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** What a history says of an instruction, without what BuildKit and docker put around it. */
export function instruction(createdBy: string): string {
  return createdBy
    .replace(/^\/bin\/sh -c #\(nop\) +/, '')
    .replace(/^\/bin\/sh -c /, 'RUN ')
    .replace(/^RUN \/bin\/sh -c /, 'RUN ')
    .replace(/ # buildkit$/, '')
    .trim();
}

/** The text, or its beginning. @param longest in UTF-16 units */
export function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const code = text.charCodeAt(longest - 2);
  const isHalf = code >= 0xd800 && code < 0xdc00;
  return `${text.slice(0, isHalf ? longest - 2 : longest - 1)}…`;
}
