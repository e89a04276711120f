// The package.json of an installed npm package (docs.npmjs.com, package.json). Pure.
import { partyOf, textMember } from './clean-text.js';
import type { PackageEntries } from './found-package.js';

/** @param folder `lodash` or `@scope/name`: the name of a package whose package.json has none */
export function parseNpm(bytes: Uint8Array, folder: string): PackageEntries {
  const json = jsonObject(Buffer.from(bytes).toString('utf8'));
  const { name } = textMember('name', json?.['name'] ?? folder);
  if (!json || name === undefined) return { entries: [], broken: 1 };
  const originator = authorOf(json['author']);
  const entry = {
    name,
    ...textMember('version', json['version']),
    ...textMember('license', licenseOf(json)),
    ...textMember('homepage', json['homepage']),
    ...(originator !== undefined && { originator }),
  };
  return { entries: [entry], broken: 0 };
}

type Json = Readonly<Record<string, unknown>>;

function jsonObject(text: string): Json | undefined {
  try {
    return objectOf(JSON.parse(text.replace(/^\uFEFF/, '')));
  } catch {
    // No package.json of a package: counted as broken.
    return undefined;
  }
}

function objectOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** Old packages have an object, or a list of objects in `licenses`, any of which may be chosen. */
function licenseOf({ license, licenses }: Json): string | undefined {
  const given = license ?? licenses;
  const texts = (Array.isArray(given) ? given : [given])
    .map((one: unknown) => objectOf(one)?.['type'] ?? one)
    .filter((one): one is string => typeof one === 'string');
  return texts.length > 1 ? `(${texts.join(' OR ')})` : texts[0];
}

function authorOf(author: unknown): string | undefined {
  const given = objectOf(author);
  if (!given) return partyOf(author);
  const { name, email } = given;
  if (typeof name !== 'string') return undefined;
  return partyOf(typeof email === 'string' ? `${name} <${email}>` : name);
}
