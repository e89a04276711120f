// The words of an expansion: BuildKit's wordsStruct of shell/lex.go.
import { isSpace } from './go-space.js';

/** Collects the words: unquoted text splits at white space, quoted text does not. */
export class WordCollector {
  readonly words: string[] = [];
  #word = '';

  addUnquoted(text: string): void {
    for (const character of text) {
      if (!isSpace(character)) this.#word += character;
      else this.finish();
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
