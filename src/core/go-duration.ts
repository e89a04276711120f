// Durations as Go reads them (time.ParseDuration): `90s`, `1h30m`, `1.5s`, `-2ms`, `0`. Pure.

/** Nanoseconds of each unit. */
export const GO_UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
const UNIT = 'ns|us|µs|μs|ms|s|m|h';
const WHOLE = new RegExp(`^([+-]?)((?:(?:\\d+\\.?\\d*|\\.\\d+)(?:${UNIT}))+|0)$`);
const PART = new RegExp(`(\\d+\\.?\\d*|\\.\\d+)(${UNIT})`, 'g');

/** Nanoseconds, a whole number; undefined for what is no duration. */
export function parseGoDuration(text: string): number | undefined {
  const [, sign, digits] = WHOLE.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const sum = [...digits.matchAll(PART)].reduce(
    (nanoseconds, [, count, unit]) => nanoseconds + Number(count) * GO_UNITS[unit!]!,
    0,
  );
  return sum === 0 ? 0 : Math.round(sign === '-' ? -sum : sum);
}
