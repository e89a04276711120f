// Text in double quotes as Go's %q prints it (strconv.Quote): BuildKit's messages quote user text this way.

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};
/**
 * Characters that stay as they are, of which nearly every text is; the classes of Unicode take milliseconds to compile.
 */
const PLAIN = /^[ !#-[\]-~]*$/;

function quoteCharacter(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  if (/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character)) return character;
  const code = character.codePointAt(0)!;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code >= 0xd800 && code < 0xe000) return '\ufffd';
  return code < 0x10000
    ? `\\u${code.toString(16).padStart(4, '0')}`
    : `\\U${code.toString(16).padStart(8, '0')}`;
}

/** strconv.Quote of the text. */
export function goQuote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : `"${Array.from(text, quoteCharacter).join('')}"`;
}
