// Packages of apk's database of what is installed (apk-tools, src/database.c): lines of one letter, a colon and a
// value, a blank line between packages. The files of a package follow in the same paragraph. Pure.
import { partyOf, textMember } from './clean-text.js';
import type { PackageEntries, PackageEntry } from './found-package.js';
import { paragraphs, type Fields } from './read-fields.js';

/** Name, version, architecture, license, address, source package, maintainer. `p` would be what a package provides. */
const NAMES: ReadonlySet<string> = new Set(['P', 'V', 'A', 'L', 'U', 'o', 'm']);

export function parseApk(bytes: Uint8Array): PackageEntries {
  const entries: PackageEntry[] = [];
  let broken = 0;
  for (const fields of paragraphs(Buffer.from(bytes).toString('utf8'), NAMES, (letter) => letter)) {
    const entry = entryOf(fields);
    if (entry) entries.push(entry);
    else broken++;
  }
  return { entries, broken };
}

function entryOf(fields: Fields): PackageEntry | undefined {
  const { name } = textMember('name', fields.get('P'));
  const { version } = textMember('version', fields.get('V'));
  if (name === undefined || version === undefined) return undefined;
  const { upstream } = textMember('upstream', fields.get('o'));
  const supplier = partyOf(fields.get('m'));
  return {
    name,
    version,
    ...textMember('architecture', fields.get('A')),
    ...textMember('license', fields.get('L')),
    ...textMember('homepage', fields.get('U')),
    ...(upstream !== undefined && upstream !== name && { upstream }),
    ...(supplier !== undefined && { supplier }),
  };
}
