// Texts out of the metadata of packages, made fit for one line of a document. Anybody may have written them.

/** More than this is no name, version, license or address. */
const MAX_CHARACTERS = 1000;

/** On one line, without control characters and unpaired surrogates; undefined when nothing is left of it. */
export function cleanText(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value
    .slice(0, MAX_CHARACTERS)
    .replaceAll(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  return text === '' ? undefined : text;
}

/** `{ key: text }` when there is a text, else `{}`: optional members are absent and not undefined. */
export function textMember<K extends string>(key: K, value: unknown): { readonly [P in K]?: string } {
  const text = cleanText(value);
  return (text === undefined ? {} : { [key]: text }) as { readonly [P in K]?: string };
}

const NAMES_OF_GROUPS = /\b(team|maintainers|developers|group|project|authors|contributors|foundation)\b/i;

/**
 * `NAME <ADDRESS>`, as authors and maintainers are written, in SPDX's form: `Person: NAME (ADDRESS)`. Names such as
 * `Debian Python Team` are those of organizations.
 */
export function partyOf(value: unknown): string | undefined {
  const text = cleanText(value);
  if (text === undefined) return undefined;
  const open = text.indexOf('<');
  const end = open === -1 ? text.length : open;
  const name = withoutAddress(text.slice(0, end));
  const address =
    open === -1
      ? ''
      : text
          .slice(open + 1)
          .split('>', 1)[0]!
          .trim();
  if (name === '' && address === '') return undefined;
  const kind = NAMES_OF_GROUPS.test(name) ? 'Organization' : 'Person';
  const shown = name === '' ? address : name;
  return `${kind}: ${shown}${address === '' || shown === address ? '' : ` (${address})`}`;
}

/** npm's authors may end in the address of a page: `NAME (https://…)`. */
function withoutAddress(name: string): string {
  const [first = ''] = name.split('(', 1);
  return first.replaceAll('"', '').trim();
}
