// Package URLs of images, as BuildKit writes them (util/purl/image.go). Pure.
import { familiarName, parseReference, withDefaultTag } from '../oci/reference.js';
import { formatPlatform, normalizePlatform, type Platform } from '../oci/platform.js';

/** `docker`: an image of a registry; `oci`: of a layout on this machine. */
export type PackageType = 'docker' | 'oci';

/**
 * `pkg:docker/alpine@3.20?platform=linux%2Famd64`
 * @param name a reference as a user writes it; without tag and digest it gets `latest`
 * @throws TsbuildError REGISTRY_REFERENCE
 */
export function packageUrl(type: PackageType, name: string, platform?: Platform): string {
  const reference = withDefaultTag(parseReference(name));
  const { tag, digest } = reference;
  const path = familiarName(reference).split('/').map(encodeURIComponent).join('/');
  const qualifiers = [
    ...(digest === undefined ? [] : [`digest=${digest}`]),
    ...(platform ? [`platform=${encodeURIComponent(formatPlatform(normalizePlatform(platform)))}`] : []),
  ];
  const version = tag === undefined ? '' : `@${tag}`;
  return `pkg:${type}/${path}${version}${qualifiers.length > 0 ? `?${qualifiers.join('&')}` : ''}`;
}
