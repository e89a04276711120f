// Functions of time (cty's function/stdlib/datetime.go). Times are texts of RFC 3339.
import type { HclFunction } from '../hcl/evaluate.js';
import { argumentsOf, refuse } from './arguments.js';

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const WORDS = /'((?:[^']|'')*)'|Y+|M+|D+|E+|H+|h+|A+|a+|m+|s+|Z+|[^a-zA-Z']+/gy;
const UNIT_MS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  ns: 1e-6,
};

interface Moment {
  readonly milliseconds: number;
  /** `Z` or `+02:00` */
  readonly zone: string;
}

function momentOf(text: string): Moment {
  const zone = RFC3339.exec(text)?.[1];
  const milliseconds = Date.parse(text);
  if (zone === undefined || Number.isNaN(milliseconds))
    return refuse(`${JSON.stringify(text)} is no time of RFC 3339, such as 2006-01-02T15:04:05Z`);
  return { milliseconds, zone };
}

/** The hands of a clock there. */
function local({ milliseconds, zone }: Moment): Date {
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d\d):(\d\d)$/.exec(zone) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  return new Date(milliseconds + offset * 60_000);
}

function formatted(pattern: string, moment: Moment): string {
  const date = local(moment);
  const parts = [...pattern.matchAll(WORDS)];
  if (parts.reduce((length, [word]) => length + word.length, 0) !== pattern.length)
    refuse(`the format ${JSON.stringify(pattern)} has letters that mean nothing: quote them by '`);
  return parts
    .map(([word, quoted]) =>
      quoted === undefined ? wordOf(word, date, moment) : quoted.replaceAll("''", "'"),
    )
    .join('');
}

function wordOf(word: string, date: Date, { zone }: Moment): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const [month, day, hour] = [date.getUTCMonth(), date.getUTCDate(), date.getUTCHours()];
  const shown: Readonly<Record<string, string>> = {
    YYYY: String(date.getUTCFullYear()).padStart(4, '0'),
    YY: two(date.getUTCFullYear() % 100),
    MMMM: MONTHS[month]!,
    MMM: MONTHS[month]!.slice(0, 3),
    MM: two(month + 1),
    M: String(month + 1),
    DD: two(day),
    D: String(day),
    EEEE: DAYS[date.getUTCDay()]!,
    EEE: DAYS[date.getUTCDay()]!.slice(0, 3),
    HH: two(hour),
    H: String(hour),
    hh: two(hour % 12 || 12),
    h: String(hour % 12 || 12),
    AA: hour < 12 ? 'AM' : 'PM',
    aa: hour < 12 ? 'am' : 'pm',
    mm: two(date.getUTCMinutes()),
    m: String(date.getUTCMinutes()),
    ss: two(date.getUTCSeconds()),
    s: String(date.getUTCSeconds()),
    Z: zone,
    ZZZ: zone === 'Z' ? 'UTC' : zone.replace(':', ''),
    ZZZZ: zone === 'Z' ? '+0000' : zone.replace(':', ''),
    ZZZZZ: zone === 'Z' ? '+00:00' : zone,
  };
  if (Object.hasOwn(shown, word)) return shown[word]!;
  return /^[a-zA-Z]/.test(word) ? refuse(`the word ${word} of a format is not known`) : word;
}

function rfc3339(moment: Moment): string {
  return `${local(moment).toISOString().slice(0, 19)}${moment.zone}`;
}

function durationMs(text: string): number {
  const parts = [...text.matchAll(/([\d.]+)(h|ms|m|us|ns|s)/g)];
  const whole = parts.map(([part]) => part).join('');
  if (whole === '' || whole !== text.replace(/^[+-]/, ''))
    return refuse(`${JSON.stringify(text)} is no duration, such as 1h30m`);
  const sum = parts.reduce((total, [, number, unit]) => total + Number(number) * UNIT_MS[unit!]!, 0);
  return text.startsWith('-') ? -sum : sum;
}

const formatTime: HclFunction = (...args) => {
  const given = argumentsOf(args, 2);
  const time = given.value(1);
  const moment =
    typeof time === 'number' ? { milliseconds: time * 1000, zone: 'Z' } : momentOf(given.text(1));
  if (given.text(0) === 'X') return String(Math.floor(moment.milliseconds / 1000));
  return formatted(given.text(0), moment);
};

/** @param now seconds since the epoch */
export function timeFunctions(now: number): Readonly<Record<string, HclFunction>> {
  return {
    timestamp: (...args) => {
      argumentsOf(args, 0);
      return rfc3339({ milliseconds: now * 1000, zone: 'Z' });
    },
    formatdate: formatTime,
    formattimestamp: formatTime,
    timeadd(...args) {
      const given = argumentsOf(args, 2);
      const moment = momentOf(given.text(0));
      return rfc3339({ ...moment, milliseconds: moment.milliseconds + durationMs(given.text(1)) });
    },
  };
}
