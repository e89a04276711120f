// Expansion of the words of an instruction against the environment of its stage, with the place in every error.
import { TsbuildError, type SourceLocation } from '../core/errors.js';
import { expandHeredocBody, expandWord, expandWords } from '../parser/expand-word.js';
import type { OrderedTable } from './ordered-table.js';
import { MAX_TEXT } from './scope.js';

export interface Expander {
  word(text: string): string;
  /** Split at white space that is not quoted. */
  words(text: string): readonly string[];
  /** Heredoc bodies: quotes are data. */
  rawWord(text: string): string;
  /** For names that are shown: quotes stay, unset variables stay as written. */
  shownName(text: string): string;
}

/** Longer ones are shown as written. */
export const MAX_NAME = 64 << 10;

/** The expander of one instruction. */
export function expanderOf(env: OrderedTable<string>, escape: string, location: SourceLocation): Expander {
  const located = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw error instanceof TsbuildError ? error.at(location) : error;
    }
  };
  let taken = 0;
  const get = (name: string) => {
    const value = env.get(name);
    taken += value?.length ?? 0;
    if (taken <= MAX_TEXT) return value;
    throw new TsbuildError(
      'DOCKERFILE_EXPANSION',
      `the variables of one instruction have more than ${MAX_TEXT} characters`,
    );
  };
  return {
    word: (text) => located(() => expandWord(text, get, { escape }).text),
    words: (text) => located(() => expandWords(text, get, { escape }).words),
    shownName: (text) =>
      located(
        () => expandWord(text, get, { escape, isRawQuotes: true, skipUnset: true, maxLength: MAX_NAME }).text,
      ),
    rawWord: (text) => located(() => expandHeredocBody(text, get).text),
  };
}
