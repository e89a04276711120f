// Heredoc openers on a logical line: `<<EOF`, `3<<-"EOF"`, `<< EOF`. Spec: BuildKit's parser/parser.go.
import { TsbuildError } from '../core/errors.js';
import { expandWords, type ExpandOptions } from './expand-word.js';
import { syntaxError } from './syntax-error.js';

export interface HeredocWord {
  readonly name: string;
  /** False when any part of the word is quoted. */
  readonly expand: boolean;
  readonly chomp: boolean;
}

const FORM = /^\d*<<(-?)[\t\n\f\r ]*([^<]*)$/;
/** An opener without its word. */
const BARE = /^\d*<<$/;
const LEADING_TABS = /(^|\n)\t+/g;

const noVariables = (): undefined => undefined;

/** How the escape and the quotes are read does not depend on the file's escape directive here. */
function splitWords(text: string, options: ExpandOptions): readonly string[] {
  return expandWords(text, noVariables, { skipUnset: true, ...options }).words;
}

function quoteCount(text: string): number {
  return text.split(/['"]/).length - 1;
}

/**
 * The heredoc that a word opens, or undefined.
 * @throws TsbuildError DOCKERFILE_EXPANSION when its quotes do not match, DOCKERFILE_SYNTAX when an empty pair of
 * quotes stands apart
 */
export function parseHeredocWord(word: string): HeredocWord | undefined {
  const match = FORM.exec(word);
  if (!match || match[2] === '') return undefined;
  const words = splitWords(match[2]!, {});
  const raw = splitWords(match[2]!, { isRawQuotes: true });
  if (words.length !== 1) return undefined;
  if (raw.length !== 1)
    throw syntaxError(`internal lexing of heredoc produced inconsistent results: ${match[2]!}`);
  return { name: words[0]!, expand: quoteCount(words[0]!) === quoteCount(raw[0]!), chomp: match[1] === '-' };
}

/** True when the word opens a heredoc; a word that cannot be read opens none. */
export function isHeredocWord(word: string): boolean {
  try {
    return parseHeredocWord(word) !== undefined;
  } catch (error) {
    if (error instanceof TsbuildError) return false;
    throw error;
  }
}

/** All heredocs that a logical line opens, in order. A line that does not lex opens none: the shell will complain. */
export function heredocWordsOf(line: string): HeredocWord[] {
  if (!line.includes('<<')) return [];
  return wordsOfLine(line).flatMap((word) => parseHeredocWord(word) ?? []);
}

/** The words with `<<` and the word after it as one, where the two open a heredoc. */
export function joinHeredocWords(words: readonly string[]): readonly string[] {
  if (!words.some((word) => BARE.test(word))) return words;
  const joined: string[] = [];
  for (const word of words) {
    const opener = BARE.test(joined.at(-1) ?? '') ? `${joined.at(-1)} ${word}` : undefined;
    if (opener !== undefined && isHeredocWord(opener)) joined[joined.length - 1] = opener;
    else joined.push(word);
  }
  return joined;
}

function wordsOfLine(line: string): readonly string[] {
  try {
    return splitWords(line, { isRawQuotes: true, isRawEscapes: true });
  } catch (error) {
    if (error instanceof TsbuildError) return [];
    throw error;
  }
}

/** The body of a `<<-` heredoc without the leading tabs of its lines. */
export function chompHeredoc(body: string): string {
  return body.replace(LEADING_TABS, '$1');
}
