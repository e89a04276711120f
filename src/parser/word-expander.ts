// Reads one word as shellWord of BuildKit's shell/lex.go does: quotes, escapes, variables, substitutions in each other.
// Invariant: a failure of the word is an ExpansionFailure, which expand-word turns into the user's error.
import { ExpansionFailure, fail, isTrim, modifiedValue, replacedValue } from './modified-value.js';
import { WordCollector } from './word-collector.js';
import { WordScanner } from './word-scanner.js';

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
/** Go's text for the end of a word, in messages. */
const END = '\ufffd';
const NO_BRACE = "syntax error: missing '}'";

/** One expansion; `matched` and `unmatched` fill as names are met. */
export class WordExpander {
  readonly matched = new Set<string>();
  readonly unmatched = new Set<string>();
  readonly #scanner: WordScanner;
  readonly #environment: Environment;
  readonly #options: ExpandOptions;
  readonly #escape: string;
  readonly #maxLength: number;
  /** The characters with a meaning of their own outside of quotes, and those inside of double quotes. */
  readonly #specials: RegExp;
  readonly #specialsInQuotes: RegExp;
  #depth = 0;
  #isRawEscapes: boolean;
  /** Of the text that is being read. */
  #collector: WordCollector | undefined;

  constructor(word: string, environment: Environment, options: ExpandOptions) {
    this.#scanner = new WordScanner(word);
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
    for (let ch = this.#scanner.peek(); ch !== undefined; ch = this.#scanner.peek()) {
      if (ch === stop) {
        this.#scanner.next();
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
    if (ch !== this.#escape) return { text: this.#scanner.takeUntil(this.#specials, stop), isQuoted: false };
    this.#scanner.next();
    return { text: (this.#isRawEscapes ? ch : '') + (this.#scanner.next() ?? ''), isQuoted: true };
  }

  /** Blanks between `<<` and the word of a heredoc do not split words. */
  #openingOfHeredoc(): string {
    this.#scanner.next();
    if (!this.#scanner.skip('<')) return '<';
    return `<<${this.#scanner.takeWhile((character) => '\t\r '.includes(character))}`;
  }

  #singleQuoted(): string {
    this.#scanner.next();
    const body = this.#scanner.takeThrough("'");
    if (body === undefined) fail('unexpected end of statement while looking for matching single-quote');
    return this.#options.isRawQuotes ? `'${body}'` : body;
  }

  #doubleQuoted(): string {
    this.#scanner.next();
    const quote = this.#options.isRawQuotes ? '"' : '';
    let text = quote;
    for (;;) {
      if (this.#scanner.skip('"')) return text + quote;
      const ch = this.#scanner.peek();
      if (ch === undefined) fail('unexpected end of statement while looking for matching double-quote');
      text = this.#joined(text, this.#partInQuotes(ch));
    }
  }

  #partInQuotes(ch: string): string {
    if (ch === '$') return this.#dollar();
    if (ch !== this.#escape) return this.#scanner.takeUntil(this.#specialsInQuotes);
    this.#scanner.next();
    return this.#escapeInQuotes();
  }

  /** An escape works before `"`, `$` and itself; elsewhere it is text, and at the very end it is dropped. */
  #escapeInQuotes(): string {
    const raw = this.#isRawEscapes ? this.#escape : '';
    const ch = this.#scanner.peek();
    if (ch === undefined) return raw;
    if (ch !== '"' && ch !== '$' && ch !== this.#escape) return raw + this.#escape;
    this.#scanner.next();
    return raw + ch;
  }

  #dollar(): string {
    this.#scanner.next();
    if (this.#scanner.skip('{')) return this.#braced();
    const name = this.#scanner.takeName();
    if (name === '') return '$';
    return this.#lookUp(name) ?? this.#asWritten(`$${name}`) ?? '';
  }

  #braced(): string {
    const first = this.#scanner.peek();
    if (first === undefined) fail(NO_BRACE);
    if ('{}:'.includes(first)) fail('syntax error: bad substitution');
    const name = this.#scanner.takeName();
    const operator = this.#scanner.next();
    if (operator === '}') return this.#lookUp(name) ?? this.#asWritten(`\${${name}}`) ?? '';
    if (operator === '/') return this.#replacement(name);
    if (operator === ':') return this.#modified(name, this.#scanner.next() ?? END, ':');
    if (operator !== undefined && '+-?#%'.includes(operator)) return this.#modified(name, operator, '');
    return fail(`unsupported modifier (${operator ?? END}) in substitution`);
  }

  #modified(name: string, modifier: string, colon: ':' | ''): string {
    const operator = colon + modifier;
    const word = this.#until('}', isTrim(modifier), NO_BRACE);
    const value = this.#lookUp(name);
    const unset = value === undefined ? this.#asWritten(`\${${name}${operator}${word}}`) : undefined;
    return unset ?? modifiedValue({ name, operator, word }, value);
  }

  #replacement(name: string): string {
    const isAll = this.#scanner.skip('/');
    const pattern = this.#until('/', true, "syntax error: missing '/' in ${}");
    const replacement = this.#until('}', true, NO_BRACE);
    const value = this.#lookUp(name);
    const unset = value === undefined ? this.#asWritten(`\${${name}/${pattern}/${replacement}}`) : undefined;
    return unset ?? replacedValue({ pattern, replacement, isAll }, value ?? '');
  }

  /** A reference to an unset variable, where those stay; undefined where they do not. */
  #asWritten(reference: string): string | undefined {
    return this.#options.skipUnset ? reference : undefined;
  }

  /** Like `expandUntil`, with the message for a text that ends too early. */
  #until(stop: string, isRawEscapes: boolean, messageAtEnd: string): string {
    try {
      return this.expandUntil(stop, isRawEscapes).text;
    } catch (error) {
      if (error instanceof ExpansionFailure && this.#scanner.peek() === undefined) fail(messageAtEnd);
      throw error;
    }
  }

  #lookUp(name: string): string | undefined {
    const value = this.#environment(name);
    (value === undefined ? this.unmatched : this.matched).add(name);
    return value;
  }
}

/** Finds the first of the characters. */
function firstOf(characters: string, escape: string): RegExp {
  return new RegExp(`[${characters}${escape === '\\' ? '\\\\' : escape}]`, 'g');
}
