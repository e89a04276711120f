// Package URLs (package-url/purl-spec: purl-specification.md, types-doc/*), which scanners look packages up by. Pure.
import { compareBytes } from '../core/bytes.js';
import type { FoundPackage } from './found-package.js';
import type { Distribution } from './parse-os-release.js';

export interface PurlParts {
  readonly type: string;
  /** Segments between slashes. */
  readonly namespace?: string;
  readonly name: string;
  readonly version?: string;
  /** Values that are undefined or empty are left out. */
  readonly qualifiers?: Readonly<Record<string, string | undefined>>;
}

/** The canonical form. */
export function purlOf({ type, namespace, name, version, qualifiers = {} }: PurlParts): string {
  const above = (namespace ?? '')
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => `${encode(segment)}/`)
    .join('');
  const query = Object.entries(qualifiers)
    .filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '')
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([key, value]) => `${key}=${encode(value)}`)
    .join('&');
  const at = version === undefined || version === '' ? '' : `@${encode(version)}`;
  return `pkg:${type}/${above}${encode(name)}${at}${query === '' ? '' : `?${query}`}`;
}

/** All but letters, digits, `.-_~` and the colon stands as percent and hex digits. */
function encode(text: string): string {
  return encodeURIComponent(text)
    .replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%3A', ':');
}

/** The URL of a package that was found, in the form that its type asks for. */
export function packageUrl(found: FoundPackage, distribution: Distribution | undefined): string {
  const { type, name, version, architecture: arch, epoch, upstream } = found;
  const said = version === undefined ? {} : { version };
  const qualifiers = { arch, distro: distribution?.release, epoch, upstream };
  switch (type) {
    case 'deb':
      return purlOf({
        type,
        namespace: distribution?.id ?? 'debian',
        name: name.toLowerCase(),
        ...said,
        qualifiers,
      });
    case 'apk':
      return purlOf({
        type,
        namespace: distribution?.id ?? 'alpine',
        name: name.toLowerCase(),
        ...said,
        qualifiers,
      });
    case 'rpm':
      return purlOf({ type, ...(distribution && { namespace: distribution.id }), name, ...said, qualifiers });
    case 'pypi':
      return purlOf({ type, name: name.toLowerCase().replaceAll('_', '-'), ...said });
    case 'npm': {
      const slash = name.startsWith('@') ? name.indexOf('/') : -1;
      return purlOf({
        type,
        namespace: name.slice(0, Math.max(slash, 0)),
        name: name.slice(slash + 1),
        ...said,
      });
    }
  }
}
