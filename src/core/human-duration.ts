// How long something took or takes, in docker's words (go-units HumanDuration). Pure.

/** Below how many seconds, and the words for them. */
const SHORT: readonly (readonly [below: number, words: (seconds: number) => string])[] = [
  [1, () => 'Less than a second'],
  [2, () => '1 second'],
  [60, (seconds) => `${Math.floor(seconds)} seconds`],
  [120, () => 'About a minute'],
  [3600, (seconds) => `${Math.floor(seconds / 60)} minutes`],
];

/** Below how many hours, and the words for them. */
const LONG: readonly (readonly [below: number, words: (hours: number) => string])[] = [
  [2, () => 'About an hour'],
  [48, (hours) => `${hours} hours`],
  [24 * 14, (hours) => `${Math.floor(hours / 24)} days`],
  [24 * 60, (hours) => `${Math.floor(hours / 24 / 7)} weeks`],
  [24 * 730, (hours) => `${Math.floor(hours / 24 / 30)} months`],
  [Infinity, (hours) => `${Math.floor(hours / 24 / 365)} years`],
];

/** `3 minutes`, `About an hour`. */
export function humanDuration(seconds: number): string {
  const short = SHORT.find(([below]) => seconds < below);
  if (short) return short[1](seconds);
  const hours = Math.round(seconds / 3600);
  return LONG.find(([below]) => hours < below)![1](hours);
}
