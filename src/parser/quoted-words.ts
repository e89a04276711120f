// Words separated by white space in which quotes and escapes stay as written: ENV, LABEL and ARG. BuildKit's
// parseWords.
import { isSpace } from './go-space.js';

/** `a="b c" d\ e` gives `a="b c"` and `d\ e`. An escape at the very end is dropped; an open quote runs to the end. */
export function splitQuotedWords(text: string, escape: string): string[] {
  const words: string[] = [];
  let position = 0;
  while (position < text.length) {
    if (isSpace(text[position]!)) position++;
    else {
      const { word, end } = readWord(text, position, escape);
      if (word !== '') words.push(word);
      position = end;
    }
  }
  return words;
}

function readWord(text: string, start: number, escape: string): { word: string; end: number } {
  let word = '';
  let quote = '';
  let i = start;
  for (; i < text.length; i++) {
    const ch = text[i]!;
    if (quote === '' && isSpace(ch)) break;
    if (ch === escape && quote !== "'") {
      const escaped = text[i + 1];
      if (escaped !== undefined) word += ch + escaped;
      i++;
      continue;
    }
    if (quote === '' && (ch === "'" || ch === '"')) quote = ch;
    else if (ch === quote) quote = '';
    word += ch;
  }
  return { word, end: Math.min(i, text.length) };
}
