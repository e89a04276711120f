// What code hands in, checked by name and type: a caller without types must not meet an error of ours far behind its
// mistake.
import { TsbuildError } from './core/errors.js';
import { shorten } from './core/shorten.js';
import { didYouMean, suggest } from './core/suggest.js';

/** Throws when the value is not what it must be; `name` is where it stands, as the caller writes it. */
export type Check = (value: unknown, name: string) => void;

export type Members = Readonly<Record<string, Check>>;

/** @throws TsbuildError OPTION_INVALID */
export function fail(name: string, value: unknown, expected: string): never {
  throw new TsbuildError('OPTION_INVALID', `${name} is ${shown(value)}, but it must be ${expected}`);
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'string') return shorten(JSON.stringify(value), 200);
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

export const text: Check = (value, name) => {
  if (typeof value !== 'string') fail(name, value, 'a text');
};

export const filledText: Check = (value, name) => {
  if (typeof value !== 'string' || value === '') fail(name, value, 'a text that is not empty');
};

export const flag: Check = (value, name) => {
  if (typeof value !== 'boolean') fail(name, value, 'true or false');
};

export const wholeNumber: Check = (value, name) => {
  if (!Number.isSafeInteger(value)) fail(name, value, 'a whole number');
};

export const positive: Check = (value, name) => {
  if (typeof value !== 'number' || !(value > 0)) fail(name, value, 'a number above 0');
};

export const size: Check = (value, name) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0) fail(name, value, 'a number of bytes');
};

export const count: Check = (value, name) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0) fail(name, value, 'a whole number, 0 or more');
};

export const fraction: Check = (value, name) => {
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) fail(name, value, 'a number from 0 to 1');
};

export const anyFunction: Check = (value, name) => {
  if (typeof value !== 'function') fail(name, value, 'a function');
};

export function oneOf(choices: readonly string[]): Check {
  return (value, name) => {
    if (typeof value === 'string' && choices.includes(value)) return;
    const hint = typeof value === 'string' ? didYouMean(value, choices) : '';
    fail(name, value, `one of ${choices.join(', ')}${hint}`);
  };
}

export function listOf(item: Check): Check {
  return (value, name) => {
    if (!Array.isArray(value)) fail(name, value, 'an array');
    for (const [index, element] of (value as unknown[]).entries()) item(element, `${name}[${index}]`);
  };
}

export const texts = listOf(text);

/** An object of texts by any name. */
export const textsByName: Check = (value, name) => {
  for (const [key, element] of Object.entries(objectOf(value, name))) text(element, `${name}.${key}`);
};

/** An object of these members and no others; those of `required` must be there. Undefined is as good as not there. */
export function object(members: Members, required: readonly string[] = []): Check {
  return (value, name) => {
    const given = objectOf(value, name);
    for (const key of required) if (given[key] === undefined) fail(memberName(name, key), undefined, 'given');
    for (const key of Object.keys(given)) {
      const check = Object.hasOwn(members, key) ? members[key] : undefined;
      if (!check)
        throw new TsbuildError(
          'OPTION_INVALID',
          `unknown member ${memberName(name, key)}${nearMember(key, Object.keys(members))}`,
          { hint: `the members are ${Object.keys(members).join(', ')}` },
        );
      const element = plainValue(given, key);
      if (element !== undefined) check(element, memberName(name, key));
    }
  };
}

/** Suggestions take no notice of case, and the names of members do. */
function nearMember(key: string, known: readonly string[]): string {
  const lower = (suggest(key, known) ?? key).toLowerCase();
  const near = known.find((member) => member.toLowerCase() === lower);
  return near === undefined ? '' : ` (did you mean ${near}?)`;
}

function objectOf(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(name, value, 'an object');
  return value as Readonly<Record<string, unknown>>;
}

function memberName(name: string, key: string): string {
  return `${name}.${key}`;
}

/** A getter is not called before what it gives is needed: it may open a stream. */
function plainValue(object: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value as unknown;
}
