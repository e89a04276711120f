// Sizes, ages, times and ids as docker's lists print them (go-units: HumanSizeWithPrecision, HumanDuration). Pure.
import { humanDuration } from '../../core/human-duration.js';

export { formatSize } from '../../core/human-size.js';

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
