// White space as Go's unicode.IsSpace has it, which is neither JavaScript's `\s` nor `String.trim` (U+0085 is in,
// U+FEFF is out).

const SPACE = '[\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const ONE = new RegExp(`^${SPACE}$`);
const LEADING = new RegExp(`^${SPACE}+`);
const ALL_BUT_TAB = new RegExp(`(?!\\t)${SPACE}`, 'g');
const SOME = new RegExp(`${SPACE}+`);

/** unicode.IsSpace of a single character. */
export function isSpace(character: string): boolean {
  return ONE.test(character);
}

/** strings.TrimLeftFunc(text, unicode.IsSpace). */
export function trimLeadingSpace(text: string): string {
  return text.replace(LEADING, '');
}

/** strings.TrimSpace. */
export function trimSpace(text: string): string {
  const start = text.length - trimLeadingSpace(text).length;
  let end = text.length;
  while (end > start && isSpace(text[end - 1]!)) end--;
  return text.slice(start, end);
}

/** The text cut at white space; where it begins or ends with some, the first or last piece is empty. */
export function splitAtSpace(text: string): string[] {
  return text.split(SOME);
}

/** All white space but the tab as blanks; the length stays. */
export function blankSpace(text: string): string {
  return text.replace(ALL_BUT_TAB, ' ');
}
