// Columns that text takes on a terminal, near enough to keep rows on one line: marks take none, East Asian and emoji
// two.

const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1faff}\u{20000}-\u{3fffd}]$/u;

function widthOf(character: string): number {
  if (character <= '\x7f') return 1;
  return ZERO.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
}

/** Columns of a text without escape sequences. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

/** The longest beginning of the text that fits into `columns`. */
export function truncateToWidth(text: string, columns: number): string {
  let width = 0;
  let length = 0;
  for (const character of text) {
    width += widthOf(character);
    if (width > columns) return text.slice(0, length);
    length += character.length;
  }
  return text;
}

/** Exactly `columns` wide: cut or filled with spaces. */
export function fitToWidth(text: string, columns: number): string {
  const cut = truncateToWidth(text, columns);
  return cut + ' '.repeat(Math.max(0, columns - displayWidth(cut)));
}

/** The text in pieces of at most `columns`; a character that is wider than that has a piece of its own. */
export function wrapToWidth(text: string, columns: number): string[] {
  const pieces: string[] = [];
  let piece = '';
  let width = 0;
  for (const character of text) {
    const own = widthOf(character);
    if (piece !== '' && width + own > columns) {
      pieces.push(piece);
      piece = '';
      width = 0;
    }
    piece += character;
    width += own;
  }
  return piece === '' ? pieces : [...pieces, piece];
}
