// Sizes, ages, times and ids as docker's lists print them (go-units: HumanSizeWithPrecision, HumanDuration). Pure.
import { humanDuration } from '../../core/human-duration.js';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Three digits, decimal units: `7.38MB`, `123MB`. */
export function formatSize(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  while (amount >= 1000 && unit < UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return `${Number(amount.toPrecision(3))}${UNITS[unit]}`;
}

/** How long ago a time was. @param created RFC 3339 @param now seconds since 1970 */
export function formatAge(created: string | undefined, now: number): string {
  return created === undefined ? 'N/A' : `${humanDuration(now - Date.parse(created) / 1000)} ago`;
}

/** `2026-01-02 03:04:05 +0000 UTC`, or `N/A`. */
export function formatCreated(created: string | undefined): string {
  if (created === undefined) return 'N/A';
  return `${new Date(created).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;
}

/** The first twelve digits of a digest. */
export function shortId(digest: string): string {
  return digest.slice('sha256:'.length, 'sha256:'.length + 12);
}
