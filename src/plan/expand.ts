// Expansion of the words of an instruction against the environment of its stage, with the place in every error.
import { TsbuildError, type SourceLocation } from '../core/errors.js';
import { expandHeredocBody, expandWord, expandWords } from '../parser/expand-word.js';
import { lookup } from './environment.js';

export interface Expander {
  word(text: string): string;
  /** Split at white space that is not quoted. */
  words(text: string): readonly string[];
  /** Heredoc bodies: quotes are data. */
  rawWord(text: string): string;
  /** For names that are shown: quotes stay, unset variables stay as written. */
  shownName(text: string): string;
}

export function expanderOf(env: readonly string[], escape: string, location: SourceLocation): Expander {
  const located = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw error instanceof TsbuildError ? error.at(location) : error;
    }
  };
  const get = (name: string) => lookup(env, name);
  return {
    word: (text) => located(() => expandWord(text, get, { escape }).text),
    words: (text) => located(() => expandWords(text, get, { escape }).words),
    shownName: (text) =>
      located(() => expandWord(text, get, { escape, isRawQuotes: true, skipUnset: true }).text),
    rawWord: (text) => located(() => expandHeredocBody(text, get).text),
  };
}
