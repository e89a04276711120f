// The metadata of an installed Python package: METADATA of *.dist-info, PKG-INFO of *.egg-info
// (packaging.python.org, Core metadata specifications). Pure.
import { partyOf, textMember } from './clean-text.js';
import type { PackageEntries } from './found-package.js';
import { paragraphs } from './read-fields.js';

const NAMES: ReadonlySet<string> = new Set([
  'name',
  'version',
  'license',
  'license-expression',
  'home-page',
  'author',
  'author-email',
]);

/** The fields end at the first blank line, the description follows. */
export function parsePython(bytes: Uint8Array): PackageEntries {
  const [fields] = paragraphs(Buffer.from(bytes).toString('utf8'), NAMES);
  const { name } = textMember('name', fields?.get('name'));
  if (!fields || name === undefined) return { entries: [], broken: 1 };
  const originator = authorOf(fields.get('author'), fields.get('author-email'));
  const entry = {
    name,
    ...textMember('version', fields.get('version')),
    ...textMember('license', known(fields.get('license-expression') ?? fields.get('license'))),
    ...textMember('homepage', known(fields.get('home-page'))),
    ...(originator !== undefined && { originator }),
  };
  return { entries: [entry], broken: 0 };
}

/** `UNKNOWN` is what older tools write for what is not said. */
function known(value: string | undefined): string | undefined {
  return value === 'UNKNOWN' ? undefined : value;
}

/** `Author-email` may be `NAME <ADDRESS>` and stand without an `Author`. */
function authorOf(author: string | undefined, email: string | undefined): string | undefined {
  const [name, address] = [known(author), known(email)];
  if (name && address && !address.includes('<')) return partyOf(`${name} <${address}>`);
  return partyOf(name || address);
}
