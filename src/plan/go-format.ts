// Go's fmt verbs as far as history texts use them: BuildKit writes them with %q, %v and %+v.
import type { Healthcheck } from '../oci/types.js';
import { goQuote } from '../parser/go-quote.js';

/** `%q` of a list: `["a" "b"]`. */
export function goQuoteList(list: readonly string[]): string {
  return `[${list.map(goQuote).join(' ')}]`;
}

/** `%v` of a list: `[a b]`. */
export function goList(list: readonly string[]): string {
  return `[${list.join(' ')}]`;
}

/** time.Duration.String: `1m30s`, `1.5s`, `500ms`, `0s`. */
export function goDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s';
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}µs`;
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`;
  const hours = Math.floor(nanoseconds / 3.6e12);
  const minutes = Math.floor((nanoseconds % 3.6e12) / 6e10);
  const seconds = (nanoseconds % 6e10) / 1e9;
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`;
}

/** `%+v` of a HealthcheckConfig. */
export function goHealthcheck(check: Healthcheck): string {
  return (
    `{Test:${goList(check.Test ?? [])} Interval:${goDuration(check.Interval ?? 0)} Timeout:${goDuration(check.Timeout ?? 0)} ` +
    `StartPeriod:${goDuration(check.StartPeriod ?? 0)} StartInterval:${goDuration(check.StartInterval ?? 0)} Retries:${check.Retries ?? 0}}`
  );
}
