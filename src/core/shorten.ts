// Texts of a user in messages: a line of a Dockerfile may have megabytes, of which a reader needs the beginning and the
// end.

/** Longer texts are cut, in UTF-16 units. */
const LONGEST = 500;
const KEPT_AT_END = 150;

/** The text, or its beginning and its end with how much was left out between: `RUN aaa… 9999 more characters …aaa`. */
export function shorten(text: string, longest = LONGEST): string {
  if (text.length <= longest) return text;
  const start = wholeCharacters(text, longest - KEPT_AT_END);
  const end = wholeCharacters(text, text.length - KEPT_AT_END);
  return `${text.slice(0, start)}… ${end - start} more characters …${text.slice(end)}`;
}

/** The place, or the one behind it when it would cut a character in two. */
function wholeCharacters(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code < 0xe000 ? at + 1 : at;
}
