// The values of `${name:-word}`, `${name#pattern}`, `${name/pattern/text}` and their like, once their parts have been
// read. Pure.
// Matches processDollar of BuildKit's shell/lex.go.
import { TsbuildError } from '../core/errors.js';
import { shorten } from '../core/shorten.js';
import { replacePattern, trimPrefix, trimSuffix } from './shell-pattern.js';

/** A fault of a word, told without the word. Never reaches the user: expand-word makes a TsbuildError of it. */
export class ExpansionFailure extends Error {}

export function fail(message: string): never {
  throw new ExpansionFailure(message);
}

export interface Modification {
  /** Of the variable. */
  readonly name: string;
  /** `-`, `+`, `?`, `#`, `%`; or the same behind a colon, which takes an empty value for an unset one. */
  readonly operator: string;
  /** What stands behind the operator, expanded. */
  readonly word: string;
}

/** @param value undefined for an unset variable. @throws ExpansionFailure */
export function modifiedValue({ name, operator, word }: Modification, value: string | undefined): string {
  const isEmptyUnset = operator.startsWith(':');
  const modifier = isEmptyUnset ? operator.slice(1) : operator;
  const isUnset = value === undefined || (isEmptyUnset && value === '');
  if (modifier === '-') return isUnset ? word : value;
  if (modifier === '+') return isUnset ? '' : word;
  if (modifier === '?') {
    if (!isUnset) return value;
    return fail(`${name}: ${word || `is not allowed to be ${value === undefined ? 'unset' : 'empty'}`}`);
  }
  if (isTrim(modifier)) return trimmed(modifier, word, value ?? '');
  return fail(`unsupported modifier (${operator}) in substitution`);
}

/** `#` and `%`: their word is a pattern, in which escapes keep their meaning. */
export function isTrim(modifier: string): modifier is '#' | '%' {
  return modifier === '#' || modifier === '%';
}

function trimmed(modifier: '#' | '%', word: string, value: string): string {
  const isGreedy = word.startsWith(modifier);
  const pattern = isGreedy ? word.slice(1) : word;
  const trim = modifier === '#' ? trimPrefix : trimSuffix;
  return withPattern(pattern, () => trim(pattern, value, { isGreedy }));
}

export interface Replacement {
  readonly pattern: string;
  readonly replacement: string;
  /** `${name//pattern/text}` */
  readonly isAll: boolean;
}

/** @throws ExpansionFailure */
export function replacedValue({ pattern, replacement, isAll }: Replacement, value: string): string {
  return withPattern(pattern, () => replacePattern(pattern, value, replacement, { isAll }));
}

function withPattern(pattern: string, match: () => string): string {
  try {
    return match();
  } catch (error) {
    if (error instanceof TsbuildError)
      fail(`invalid pattern (${shorten(pattern)}) in substitution: ${error.message}`);
    throw error;
  }
}
