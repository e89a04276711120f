// A place in a word that moves on, one Unicode character or one run of characters at a time.

/** Names of one character, which a digit or a letter cannot be joined to: BuildKit's shell/lex.go, isSpecialParam. */
const SPECIAL_PARAMETERS = '@*#?-$!0';

export class WordScanner {
  readonly #word: string;
  #position = 0;

  constructor(word: string) {
    // Go's text/scanner drops a byte order mark in front.
    this.#word = word.startsWith('\ufeff') ? word.slice(1) : word;
  }

  /** The character here; undefined at the end. */
  peek(): string | undefined {
    const code = this.#word.codePointAt(this.#position);
    return code === undefined ? undefined : String.fromCodePoint(code);
  }

  /** The same, and moves behind it. */
  next(): string | undefined {
    const character = this.peek();
    this.#position += character?.length ?? 1;
    return character;
  }

  /** Moves behind `character` if it is here. */
  skip(character: string): boolean {
    const isHere = this.#word.startsWith(character, this.#position);
    if (isHere) this.#position += character.length;
    return isHere;
  }

  takeWhile(isTaken: (character: string) => boolean): string {
    const start = this.#position;
    for (let ch = this.peek(); ch !== undefined && isTaken(ch); ch = this.peek()) this.next();
    return this.#word.slice(start, this.#position);
  }

  /** From here to the next match of `specials`, which has the flag g, or to `stop`; at least one character. */
  takeUntil(specials: RegExp, stop?: string): string {
    specials.lastIndex = this.#position + 1;
    const special = specials.exec(this.#word)?.index ?? this.#word.length;
    const text = this.#word.slice(this.#position, special);
    const end = stop === undefined ? -1 : text.indexOf(stop);
    const taken = end < 0 ? text : text.slice(0, end);
    this.#position += taken.length;
    return taken;
  }

  /** From here to `end`, which is moved behind; undefined, and no move, when it does not come. */
  takeThrough(end: string): string | undefined {
    const at = this.#word.indexOf(end, this.#position);
    if (at < 0) return undefined;
    const text = this.#word.slice(this.#position, at);
    this.#position = at + end.length;
    return text;
  }

  /** The name of a variable; empty when none begins here. */
  takeName(): string {
    const first = this.peek();
    if (first === undefined) return '';
    if (isDigit(first)) return this.takeWhile(isDigit);
    if (SPECIAL_PARAMETERS.includes(first)) return this.next()!;
    return this.takeWhile(isNameCharacter);
  }
}

// The classes of Unicode take so long to compile that they are used only where they make a difference.

function isDigit(character: string): boolean {
  return character < '\x80' ? /^[0-9]$/.test(character) : /^\p{Nd}$/u.test(character);
}

function isNameCharacter(character: string): boolean {
  return character < '\x80' ? /^[A-Za-z0-9_]$/.test(character) : /^[\p{L}\p{Nd}]$/u.test(character);
}
