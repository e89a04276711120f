// Packages of dpkg's status file (deb-status(5)) and of the files in status.d/, which images without dpkg have. Pure.
import { partyOf, textMember } from './clean-text.js';
import type { PackageEntries, PackageEntry } from './found-package.js';
import { paragraphs, type Fields } from './read-fields.js';

const NAMES: ReadonlySet<string> = new Set([
  'package',
  'status',
  'version',
  'architecture',
  'maintainer',
  'source',
  'homepage',
]);

/** States in which files of the package are there: all but `not-installed` and `config-files`. */
const STATES: ReadonlySet<string> = new Set([
  'installed',
  'unpacked',
  'half-installed',
  'half-configured',
  'triggers-awaited',
  'triggers-pending',
]);

/** A paragraph without a status, as in status.d/, is of an installed package. */
export function parseDpkg(bytes: Uint8Array): PackageEntries {
  const entries: PackageEntry[] = [];
  let broken = 0;
  for (const fields of paragraphs(Buffer.from(bytes).toString('utf8'), NAMES)) {
    if (!isInstalled(fields)) continue;
    const entry = entryOf(fields);
    if (entry) entries.push(entry);
    else broken++;
  }
  return { entries, broken };
}

function isInstalled(fields: Fields): boolean {
  const state = fields.get('status')?.split(' ').at(-1);
  return state === undefined || STATES.has(state);
}

function entryOf(fields: Fields): PackageEntry | undefined {
  const { name } = textMember('name', fields.get('package'));
  const { version } = textMember('version', fields.get('version'));
  if (name === undefined || version === undefined) return undefined;
  const upstream = upstreamOf(fields.get('source'));
  const supplier = partyOf(fields.get('maintainer'));
  return {
    name,
    version,
    ...textMember('architecture', fields.get('architecture')),
    ...textMember('homepage', fields.get('homepage')),
    ...(upstream !== undefined && { upstream }),
    ...(supplier !== undefined && { supplier }),
  };
}

/** `NAME` or `NAME (VERSION)` to `NAME` or `NAME@VERSION`. */
function upstreamOf(source: string | undefined): string | undefined {
  const [, name, version] = /^([^\s()]{1,200})(?: \(([^\s()]{1,200})\))?$/.exec(source ?? '') ?? [];
  return name === undefined || version === undefined ? name : `${name}@${version}`;
}
