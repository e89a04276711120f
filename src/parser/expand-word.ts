// Word splitting and variable expansion: the language of BuildKit's frontend/dockerfile/shell/lex.go.
// Invariant: a pure function of (word, environment, options); its only error is DOCKERFILE_EXPANSION.
import { TsbuildError } from '../core/errors.js';
import { shorten } from '../core/shorten.js';
import { goQuote } from './go-quote.js';
import { ExpansionFailure } from './modified-value.js';
import { WordExpander, type Environment, type ExpandOptions } from './word-expander.js';

export type { Environment, ExpandOptions } from './word-expander.js';

export interface ExpandResult {
  readonly text: string;
  /** Names met that the environment has. */
  readonly matched: ReadonlySet<string>;
  /** Names met that the environment has not. */
  readonly unmatched: ReadonlySet<string>;
}

export interface ExpandWordsResult extends Omit<ExpandResult, 'text'> {
  readonly words: readonly string[];
}

function run(
  word: string,
  environment: Environment,
  options: ExpandOptions,
): ExpandResult & ExpandWordsResult {
  const expander = new WordExpander(word, environment, options);
  try {
    const { text, words } = expander.expandUntil(undefined, options.isRawEscapes ?? false);
    return { text, words, matched: expander.matched, unmatched: expander.unmatched };
  } catch (error) {
    if (!(error instanceof ExpansionFailure)) throw error;
    throw new TsbuildError(
      'DOCKERFILE_EXPANSION',
      `failed to process ${goQuote(shorten(word))}: ${error.message}`,
    );
  }
}

/**
 * The word with quotes removed and variables replaced; white space stays.
 * Matches Lex.ProcessWord.
 * @throws TsbuildError DOCKERFILE_EXPANSION `failed to process "${u:?m}": u: m`
 */
export function expandWord(
  word: string,
  environment: Environment,
  options: ExpandOptions = {},
): ExpandResult {
  return run(word, environment, options);
}

/**
 * The word as `expandWord` gives it, split at unquoted white space (also at that of a variable's value). Matches
 * Lex.ProcessWords.
 * @throws TsbuildError DOCKERFILE_EXPANSION
 */
export function expandWords(
  word: string,
  environment: Environment,
  options: ExpandOptions = {},
): ExpandWordsResult {
  return run(word, environment, options);
}

/**
 * The body of an unquoted COPY or ADD heredoc: quotes are text, the escape is always `\` (BuildKit's
 * dockerfile2llb/convert.go, dispatch).
 * @throws TsbuildError DOCKERFILE_EXPANSION
 */
export function expandHeredocBody(body: string, environment: Environment): ExpandResult {
  return run(body, environment, { areQuotesLiteral: true });
}
