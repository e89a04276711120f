// Image references: the grammar of distribution/reference (reference.go, regexp.go, normalize.go) with Docker's
// familiar names.
// Invariant: a Reference that exists is fully normalised: its domain is explicit and its path is a valid repository
// name.
import { digestFault, isDigest, type Digest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';

/**
 * What an image is called: `docker.io` + `library/alpine` + `3.20`. A digest, where there is one, decides over the tag.
 */
export interface Reference {
  /** Registry host, with port where one was given: `docker.io`, `localhost:5000`, `[::1]:5000`. */
  readonly domain: string;
  /** Repository name below the domain: `library/alpine`. */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

export const DEFAULT_DOMAIN = 'docker.io';
export const DEFAULT_TAG = 'latest';
const LEGACY_DOMAIN = 'index.docker.io';
const OFFICIAL = 'library/';
const MAX_PATH = 255;
// The longest domain, path, tag and digest together stay far below; the cap keeps matching time bounded.
const MAX_TEXT = 4096;

const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const PATH = `${COMPONENT}(?:/${COMPONENT})*`;
const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const DOMAIN = `(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const TAG = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}';
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const REFERENCE = new RegExp(`^(${DOMAIN})/(${PATH})(?::(${TAG}))?(?:@(${DIGEST}))?$`);
const DOMAIN_ONLY = new RegExp(`^${DOMAIN}$`);
const PATH_ONLY = new RegExp(`^${PATH}$`);

function invalid(message: string): TsbuildError {
  return new TsbuildError('REGISTRY_REFERENCE', message, {
    hint: 'write [registry[:port]/]name[:tag][@sha256:digest]; names are lower case',
  });
}

/** Whether the text is a registry host, with or without a port. */
export function isDomain(text: string): boolean {
  return text.length <= MAX_TEXT && DOMAIN_ONLY.test(text);
}

/** Whether the text is a repository name without its domain. */
export function isRepositoryPath(text: string): boolean {
  return text.length <= MAX_PATH && PATH_ONLY.test(text);
}

function looksLikeDomain(first: string): boolean {
  return first === 'localhost' || /[.:]/.test(first) || first.toLowerCase() !== first;
}

function splitDomain(text: string): { domain: string; rest: string } {
  const slash = text.indexOf('/');
  if (slash === -1) return { domain: DEFAULT_DOMAIN, rest: OFFICIAL + text };
  const first = text.slice(0, slash);
  const isNamed = looksLikeDomain(first);
  const domain = !isNamed || first === LEGACY_DOMAIN ? DEFAULT_DOMAIN : first;
  const rest = isNamed ? text.slice(slash + 1) : text;
  return { domain, rest: domain === DEFAULT_DOMAIN && !rest.includes('/') ? OFFICIAL + rest : rest };
}

function checkedDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw invalid(digestFault(text));
}

/**
 * A name as a user or a Dockerfile writes it: `alpine`, `ghcr.io/o/x:1`, `x@sha256:…`. No default tag is added.
 * @throws TsbuildError REGISTRY_REFERENCE with the words of distribution/reference: `invalid reference format`,
 * `invalid reference format: repository name (library/X) must be lowercase`.
 */
export function parseReference(text: string): Reference {
  if (/^[a-f0-9]{64}$/.test(text)) {
    throw invalid(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  if (text.length > MAX_TEXT) throw invalid('invalid reference format');
  const { domain, rest } = splitDomain(text);
  const name = rest.split(':', 1)[0] ?? '';
  if (name.toLowerCase() !== name) {
    throw invalid(`invalid reference format: repository name (${name}) must be lowercase`);
  }
  const [, host, path, tag, digest] = REFERENCE.exec(`${domain}/${rest}`) ?? [];
  if (host === undefined || path === undefined) throw invalid('invalid reference format');
  if (path.length > MAX_PATH) throw invalid(`repository name must not be more than ${MAX_PATH} characters`);
  return {
    domain: host,
    path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest: checkedDigest(digest) }),
  };
}

/**
 * A name to give to an image (`-t`): has a tag, `latest` when none is written, and no digest.
 * @throws TsbuildError REGISTRY_REFERENCE `invalid tag "X": invalid reference format`
 */
export function parseImageName(text: string): Reference {
  try {
    const reference = parseReference(text);
    if (reference.digest !== undefined) throw invalid('build tag cannot contain a digest');
    return withDefaultTag(reference);
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    const message = `invalid tag ${JSON.stringify(text)}: ${error.message}`;
    throw error.with({ code: 'OPTION_INVALID', message });
  }
}

/** Adds `latest` to a reference that has neither a tag nor a digest. */
export function withDefaultTag(reference: Reference): Reference {
  const isBare = reference.tag === undefined && reference.digest === undefined;
  return isBare ? { ...reference, tag: DEFAULT_TAG } : reference;
}

/** The same repository at a digest; the tag is dropped, since the digest decides. */
export function withDigest(reference: Reference, digest: Digest): Reference {
  return { domain: reference.domain, path: reference.path, digest };
}

function suffix(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  return reference.digest === undefined ? tag : `${tag}@${reference.digest}`;
}

/** `docker.io/library/alpine`, without tag and digest. */
export function repositoryName(reference: Reference): string {
  return `${reference.domain}/${reference.path}`;
}

/** `docker.io/library/alpine:latest`: what BuildKit prints and what names in a store are. */
export function canonicalReference(reference: Reference): string {
  return repositoryName(reference) + suffix(withDefaultTag(reference));
}

/** Docker's short name without tag and digest: `alpine`, `user/x`, `ghcr.io/o/x`. */
export function familiarName(reference: Reference): string {
  if (reference.domain !== DEFAULT_DOMAIN) return repositoryName(reference);
  const rest = reference.path.startsWith(OFFICIAL) ? reference.path.slice(OFFICIAL.length) : undefined;
  return rest === undefined || rest.includes('/') ? reference.path : rest;
}

/**
 * Docker's short form: `alpine:3.20`. For messages: `docker.io/a.b/c` gives `a.b/c`, which names another registry, as
 * Docker's does.
 */
export function familiarReference(reference: Reference): string {
  return familiarName(reference) + suffix(reference);
}
