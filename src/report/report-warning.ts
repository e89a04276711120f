// A warning of a build with the lines of the Dockerfile that it is about. Pure.
import type { BuildEvent } from '../core/events.js';
import { shorten } from '../core/shorten.js';
import type { ReportWarning, WarningLocation } from './report-data.js';

type WarningEvent = Extract<BuildEvent, { kind: 'warning' }>;

/** Lines around those that are meant. */
const AROUND = 2;
/** Lines that are shown at most. */
const MOST_LINES = 40;
/** Characters of a line. */
const LONGEST = 400;

export function reportWarning({ rule, message, detail, url, location }: WarningEvent): ReportWarning {
  return {
    ...(rule !== undefined && { rule }),
    message,
    ...(detail !== undefined && { detail }),
    ...(url !== undefined && { url }),
    ...(location && { location: locationOf(location) }),
  };
}

function locationOf({
  file,
  startLine,
  endLine,
  text,
}: NonNullable<WarningEvent['location']>): WarningLocation {
  const all = text?.split('\n') ?? [];
  const first = Math.max(1, startLine - AROUND);
  const last = Math.min(all.length, endLine + AROUND, first + MOST_LINES - 1);
  const lines = all.slice(first - 1, Math.max(first - 1, last)).map((line, place) => {
    const number = first + place;
    return {
      number,
      text: shorten(line.replace(/\r$/, ''), LONGEST),
      isMeant: number >= startLine && number <= endLine,
    };
  });
  return { file, startLine, endLine, lines };
}
