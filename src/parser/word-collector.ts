// The words of an expansion: BuildKit's wordsStruct of shell/lex.go.
import { splitAtSpace } from './go-space.js';

/** Collects the words: unquoted text splits at white space, quoted text does not. */
export class WordCollector {
  readonly words: string[] = [];
  #word = '';

  addUnquoted(text: string): void {
    const [first = '', ...rest] = splitAtSpace(text);
    this.#word += first;
    for (const word of rest) {
      this.finish();
      this.#word = word;
    }
  }

  addQuoted(text: string): void {
    this.#word += text;
  }

  /** Forgets the word that has begun. */
  drop(): void {
    this.#word = '';
  }

  finish(): void {
    if (this.#word !== '') this.words.push(this.#word);
    this.#word = '';
  }
}
