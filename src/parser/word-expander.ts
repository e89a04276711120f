// The scanner behind expand-word: reads one word character by character, as shellWord of BuildKit's shell/lex.go does.
// Invariant: a failure of the word is an ExpansionFailure, which expand-word turns into the user's error.
import { TsbuildError } from '../core/errors.js';
import { shorten } from '../core/shorten.js';
import { replacePattern, trimPrefix, trimSuffix } from './shell-pattern.js';
import { WordCollector } from './word-collector.js';

/** The value of a variable, or undefined when it is unset. */
export type Environment = (name: string) => string | undefined;

export interface ExpandOptions {
  /** The escape character of the file; default `\`. */
  readonly escape?: string;
  /** Quotes are processed but stay in the result (Lex.RawQuotes). */
  readonly isRawQuotes?: boolean;
  /** Escape characters are processed but stay in the result (Lex.RawEscapes). */
  readonly isRawEscapes?: boolean;
  /** Quotes are plain characters (Lex.SkipProcessQuotes): heredoc bodies. */
  readonly areQuotesLiteral?: boolean;
  /** A reference to an unset variable stays as written (Lex.SkipUnsetEnv). */
  readonly skipUnset?: boolean;
  /** A longer result is refused; default MAX_VALUE. */
  readonly maxLength?: number;
}

/**
 * The longest value, in UTF-16 units: `ARG A=$A$A` doubles it with every line, and no kernel takes one of that size for
 * a command.
 */
const MAX_VALUE = 16 << 20;

/** Nesting of `${a:-${b:-…}}` beyond this is refused, so that a hostile word cannot exhaust the stack. */
const MAX_DEPTH = 500;
const SPECIAL_PARAMETERS = '@*#?-$!0';
/** What Go prints for the end of the text in a message. */
const END = '\ufffd';

/** What is wrong with the word, without the word. */
export class ExpansionFailure extends Error {}

function fail(message: string): never {
  throw new ExpansionFailure(message);
}

// The classes of Unicode take so long to compile that they are used only where they make a difference.

function isDigit(character: string): boolean {
  return character < '\x80' ? /^[0-9]$/.test(character) : /^\p{Nd}$/u.test(character);
}

function isNameCharacter(character: string): boolean {
  return character < '\x80' ? /^[A-Za-z0-9_]$/.test(character) : /^[\p{L}\p{Nd}]$/u.test(character);
}

/** One expansion; `matched` and `unmatched` fill as names are met. */
export class WordExpander {
  readonly matched = new Set<string>();
  readonly unmatched = new Set<string>();
  readonly #word: string;
  readonly #environment: Environment;
  readonly #options: ExpandOptions;
  readonly #escape: string;
  readonly #maxLength: number;
  /** What has a meaning of its own outside of quotes, and what has inside of double quotes. */
  readonly #specials: RegExp;
  readonly #specialsInQuotes: RegExp;
  #position = 0;
  #depth = 0;
  #isRawEscapes: boolean;
  /** Of the text that is being read. */
  #collector: WordCollector | undefined;

  constructor(word: string, environment: Environment, options: ExpandOptions) {
    // The scanner of the original drops a byte order mark in front.
    this.#word = word.startsWith('\ufeff') ? word.slice(1) : word;
    this.#environment = environment;
    this.#options = options;
    this.#escape = options.escape ?? '\\';
    this.#maxLength = options.maxLength ?? MAX_VALUE;
    this.#specials = firstOf(options.areQuotesLiteral ? '$<' : `$<'"`, this.#escape);
    this.#specialsInQuotes = firstOf('$"', this.#escape);
    this.#isRawEscapes = options.isRawEscapes ?? false;
  }

  /** Up to `stop` (consumed), or to the end when there is none. */
  expandUntil(stop: string | undefined, isRawEscapes: boolean): { text: string; words: string[] } {
    if (++this.#depth > MAX_DEPTH) fail('substitutions are nested too deeply');
    const [outer, outerCollector] = [this.#isRawEscapes, this.#collector];
    // BuildKit collects the words of a substitution where those around it are collected: what stood before it in its
    // word is lost.
    outerCollector?.drop();
    this.#isRawEscapes = isRawEscapes;
    try {
      return this.#expandBody(stop);
    } finally {
      this.#isRawEscapes = outer;
      this.#collector = outerCollector;
      this.#depth--;
    }
  }

  #expandBody(stop: string | undefined): { text: string; words: string[] } {
    const collector = new WordCollector();
    this.#collector = collector;
    let text = '';
    for (let ch = this.#peek(); ch !== undefined; ch = this.#peek()) {
      if (ch === stop) {
        this.#position++;
        collector.finish();
        return { text, words: collector.words };
      }
      const part = this.#expandPart(ch, stop);
      text = this.#joined(text, part.text);
      if (part.isQuoted) collector.addQuoted(part.text);
      else collector.addUnquoted(part.text);
    }
    if (stop !== undefined) fail(`unexpected end of statement while looking for matching ${stop}`);
    collector.finish();
    return { text, words: collector.words };
  }

  #joined(text: string, part: string): string {
    if (text.length + part.length > this.#maxLength)
      fail(`the value is longer than ${this.#maxLength} characters`);
    return text + part;
  }

  #expandPart(ch: string, stop: string | undefined): { text: string; isQuoted: boolean } {
    if (ch === '$') return { text: this.#dollar(), isQuoted: false };
    if (ch === '<') return { text: this.#openingOfHeredoc(), isQuoted: true };
    if (!this.#options.areQuotesLiteral && ch === "'") return { text: this.#singleQuoted(), isQuoted: true };
    if (!this.#options.areQuotesLiteral && ch === '"') return { text: this.#doubleQuoted(), isQuoted: true };
    if (ch !== this.#escape) return { text: this.#plain(this.#specials, stop), isQuoted: false };
    this.#position++;
    return { text: (this.#isRawEscapes ? ch : '') + (this.#next() ?? ''), isQuoted: true };
  }

  /** Blanks between `<<` and the word of a heredoc do not split words. */
  #openingOfHeredoc(): string {
    this.#position++;
    if (this.#peek() !== '<') return '<';
    this.#position++;
    return `<<${this.#takeWhile((character) => '\t\r '.includes(character))}`;
  }

  /** From here to the next special character or `stop`; at least one character. */
  #plain(specials: RegExp, stop?: string): string {
    specials.lastIndex = this.#position + 1;
    const special = specials.exec(this.#word)?.index ?? this.#word.length;
    const end = stop === undefined ? -1 : this.#word.slice(this.#position, special).indexOf(stop);
    return this.#take(end < 0 ? special : this.#position + end);
  }

  #take(end: number): string {
    const text = this.#word.slice(this.#position, end);
    this.#position = end;
    return text;
  }

  #singleQuoted(): string {
    this.#position++;
    const end = this.#word.indexOf("'", this.#position);
    if (end < 0) fail('unexpected end of statement while looking for matching single-quote');
    const body = this.#word.slice(this.#position, end);
    this.#position = end + 1;
    return this.#options.isRawQuotes ? `'${body}'` : body;
  }

  #doubleQuoted(): string {
    this.#position++;
    const quote = this.#options.isRawQuotes ? '"' : '';
    let text = quote;
    for (;;) {
      const ch = this.#peek();
      if (ch === undefined) fail('unexpected end of statement while looking for matching double-quote');
      if (ch === '"') {
        this.#position++;
        return text + quote;
      }
      text = this.#joined(text, this.#partInQuotes(ch));
    }
  }

  #partInQuotes(ch: string): string {
    if (ch === '$') return this.#dollar();
    if (ch !== this.#escape) return this.#plain(this.#specialsInQuotes);
    this.#position++;
    return this.#escapeInQuotes();
  }

  /** An escape works before `"`, `$` and itself; elsewhere it is text, and at the very end it is dropped. */
  #escapeInQuotes(): string {
    const raw = this.#isRawEscapes ? this.#escape : '';
    const ch = this.#peek();
    if (ch === undefined) return raw;
    if (ch !== '"' && ch !== '$' && ch !== this.#escape) return raw + this.#escape;
    this.#position++;
    return raw + ch;
  }

  #dollar(): string {
    this.#position++;
    if (this.#peek() === '{') return this.#braced();
    const name = this.#name();
    if (name === '') return '$';
    const value = this.#lookUp(name);
    return value ?? (this.#options.skipUnset ? `$${name}` : '');
  }

  #braced(): string {
    this.#position++;
    const first = this.#peek();
    if (first === undefined) fail("syntax error: missing '}'");
    if ('{}:'.includes(first)) fail('syntax error: bad substitution');
    const name = this.#name();
    const operator = this.#next();
    if (operator === '}') return this.#lookUp(name) ?? (this.#options.skipUnset ? `\${${name}}` : '');
    if (operator === '/') return this.#replacement(name);
    if (operator === ':') {
      const modifier = this.#next();
      return this.#modified(name, modifier ?? END, { isEmptyUnset: true });
    }
    if (operator !== undefined && '+-?#%'.includes(operator))
      return this.#modified(name, operator, { isEmptyUnset: false });
    return fail(`unsupported modifier (${operator ?? END}) in substitution`);
  }

  #modified(name: string, modifier: string, { isEmptyUnset }: { isEmptyUnset: boolean }): string {
    const isTrim = modifier === '#' || modifier === '%';
    const word = this.#until('}', isTrim, "syntax error: missing '}'");
    const operator = (isEmptyUnset ? ':' : '') + modifier;
    const value = this.#lookUp(name);
    if (value === undefined && this.#options.skipUnset) return `\${${name}${operator}${word}}`;
    const isUnset = value === undefined || (isEmptyUnset && value === '');
    if (modifier === '-') return isUnset ? word : value;
    if (modifier === '+') return isUnset ? '' : word;
    if (modifier === '?') {
      if (isUnset)
        fail(`${name}: ${word || `is not allowed to be ${value === undefined ? 'unset' : 'empty'}`}`);
      return value;
    }
    if (isTrim) return this.#trimmed(modifier, word, value ?? '');
    return fail(`unsupported modifier (${operator}) in substitution`);
  }

  #trimmed(modifier: string, word: string, value: string): string {
    const isGreedy = word.startsWith(modifier);
    const pattern = isGreedy ? word.slice(1) : word;
    const trim = modifier === '#' ? trimPrefix : trimSuffix;
    return withPattern(pattern, () => trim(pattern, value, { isGreedy }));
  }

  #replacement(name: string): string {
    const isAll = this.#peek() === '/';
    if (isAll) this.#position++;
    const pattern = this.#until('/', true, "syntax error: missing '/' in ${}");
    const replacement = this.#until('}', true, "syntax error: missing '}'");
    const value = this.#lookUp(name);
    if (value === undefined && this.#options.skipUnset) return `\${${name}/${pattern}/${replacement}}`;
    return withPattern(pattern, () => replacePattern(pattern, value ?? '', replacement, { isAll }));
  }

  /** Like `expandUntil`, with the message for a text that ends too early. */
  #until(stop: string, isRawEscapes: boolean, messageAtEnd: string): string {
    try {
      return this.expandUntil(stop, isRawEscapes).text;
    } catch (error) {
      if (error instanceof ExpansionFailure && this.#peek() === undefined) fail(messageAtEnd);
      throw error;
    }
  }

  #name(): string {
    const first = this.#peek();
    if (first === undefined) return '';
    if (isDigit(first)) return this.#takeWhile(isDigit);
    if (SPECIAL_PARAMETERS.includes(first)) return this.#next()!;
    return this.#takeWhile(isNameCharacter);
  }

  #takeWhile(isTaken: (character: string) => boolean): string {
    const start = this.#position;
    for (let ch = this.#peek(); ch !== undefined && isTaken(ch); ch = this.#peek()) this.#next();
    return this.#word.slice(start, this.#position);
  }

  #lookUp(name: string): string | undefined {
    const value = this.#environment(name);
    (value === undefined ? this.unmatched : this.matched).add(name);
    return value;
  }

  #peek(): string | undefined {
    const code = this.#word.codePointAt(this.#position);
    return code === undefined ? undefined : String.fromCodePoint(code);
  }

  #next(): string | undefined {
    const character = this.#peek();
    this.#position += character?.length ?? 1;
    return character;
  }
}

/** Finds the first of the characters. */
function firstOf(characters: string, escape: string): RegExp {
  return new RegExp(`[${characters}${escape === '\\' ? '\\\\' : escape}]`, 'g');
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
