// Sizes, ages, times and ids as docker's lists print them (go-units: HumanSizeWithPrecision, HumanDuration). Pure.

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

/** Below how many seconds, and the words for them. */
const AGES: readonly (readonly [below: number, words: (seconds: number) => string])[] = [
  [1, () => 'Less than a second'],
  [2, () => '1 second'],
  [60, (seconds) => `${Math.floor(seconds)} seconds`],
  [120, () => 'About a minute'],
  [3600, (seconds) => `${Math.floor(seconds / 60)} minutes`],
];

/** Below how many hours, and the words for them. */
const LONGER: readonly (readonly [below: number, words: (hours: number) => string])[] = [
  [2, () => 'About an hour'],
  [48, (hours) => `${hours} hours`],
  [24 * 14, (hours) => `${Math.floor(hours / 24)} days`],
  [24 * 60, (hours) => `${Math.floor(hours / 24 / 7)} weeks`],
  [24 * 730, (hours) => `${Math.floor(hours / 24 / 30)} months`],
  [Infinity, (hours) => `${Math.floor(hours / 24 / 365)} years`],
];

/** How long ago a time was. @param created RFC 3339 @param now seconds since 1970 */
export function formatAge(created: string | undefined, now: number): string {
  return created === undefined ? 'N/A' : `${durationOf(now - Date.parse(created) / 1000)} ago`;
}

function durationOf(seconds: number): string {
  const short = AGES.find(([below]) => seconds < below);
  if (short) return short[1](seconds);
  const hours = Math.round(seconds / 3600);
  return LONGER.find(([below]) => hours < below)![1](hours);
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
