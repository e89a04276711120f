// Strings that name a git repository: its URL, ref, subdirectory and options. Pure.
// Spec: BuildKit's frontend/dockerfile/dfgitutil and util/gitutil.
import { TsbuildError } from '../../core/errors.js';
import { parseGoBool } from '../../core/go-bool.js';
import { redactUrl } from '../../core/redact.js';

export interface GitRef {
  /** For git, without query and fragment; may hold user info. `github.com/x/y` is completed to an https URL. */
  readonly remote: string;
  /** Branch, tag, commit or full ref; absent: the default branch. */
  readonly ref?: string;
  /** The commit must begin with it. */
  readonly checksum?: string;
  /** As written. */
  readonly subdir?: string;
  readonly keepGitDir?: boolean;
  readonly submodules?: boolean;
  readonly mtime?: 'checkout' | 'commit';
  readonly fetchByCommit?: boolean;
  /** `github.com/x/y`, which a local path may be called too: a git reference as the main context only. */
  readonly isLikeLocalPath: boolean;
}

const URL_FORM = /^([a-zA-Z0-9]+):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;
const SCP_FORM = /^([a-zA-Z0-9-_]+)@([a-zA-Z0-9-.]+):(.*?)(?:\?(.*?))?(?:#(.*))?$/;
const SCHEMES = new Set(['http', 'https', 'ssh', 'git']);

interface Parts {
  readonly remote: string;
  readonly query: string;
  readonly fragment: string;
}

/**
 * undefined when the text does not name a repository.
 * @throws TsbuildError ADD_GIT when it does but with a query that is wrong: `unexpected query "x"`, `ref conflicts: "a"
 * vs "b"`
 */
export function parseGitRef(text: string): GitRef | undefined {
  if (text.startsWith('./') || text.startsWith('../')) return undefined;
  const isLikeLocalPath = text.startsWith('github.com/');
  if (!isLikeLocalPath && !text.includes(':')) return undefined;
  const parts =
    splitUrl(isLikeLocalPath ? `https://${text}` : text, { needsSuffix: !isLikeLocalPath }) ?? splitScp(text);
  if (!parts) return undefined;
  const colon = parts.fragment.indexOf(':');
  const fragment = {
    ref: colon === -1 ? parts.fragment : parts.fragment.slice(0, colon),
    subdir: colon === -1 ? '' : parts.fragment.slice(colon + 1),
  };
  return { remote: parts.remote, ...parseQuery(parts.query, fragment, text), isLikeLocalPath };
}

/** The same for a source of ADD, where `github.com/x/y` is a local path. */
export function parseGitSource(text: string): GitRef | undefined {
  return text.startsWith('github.com/') ? undefined : parseGitRef(text);
}

/** An http(s) URL names a repository only when its path ends in `.git`. */
function splitUrl(text: string, { needsSuffix }: { readonly needsSuffix: boolean }): Parts | undefined {
  const match = URL_FORM.exec(text);
  const scheme = match?.[1]?.toLowerCase();
  if (!match || scheme === undefined || !SCHEMES.has(scheme)) return undefined;
  const [path, fragment] = [decode(match[3]!), decode(match[5] ?? '')];
  if (match[2] === '' || path === undefined || fragment === undefined) return undefined;
  if (needsSuffix && scheme.startsWith('http') && !path.endsWith('.git')) return undefined;
  return { remote: `${scheme}://${match[2]}${match[3]}`, query: match[4] ?? '', fragment };
}

/** `git@host:path`. */
function splitScp(text: string): Parts | undefined {
  const match = text.includes('://') ? null : SCP_FORM.exec(text);
  return match
    ? { remote: `${match[1]}@${match[2]}:${match[3]}`, query: match[4] ?? '', fragment: match[5] ?? '' }
    : undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // Go's url.Parse refuses such a text: it is no URL.
    return undefined;
  }
}

type Selection = Omit<GitRef, 'remote' | 'isLikeLocalPath'>;
type Draft = { -readonly [Key in keyof Selection]: Selection[Key] } & { tag?: string; branch?: string };

/** What a key of the query sets. Only the flags may stand without a value. */
const QUERY_KEYS: Readonly<Record<string, (draft: Draft, value: string, key: string) => void>> = {
  ref: (draft, value) => void (draft.ref = agreeing('ref', draft.ref, value)),
  tag: (draft, value) => void (draft.tag = value),
  branch: (draft, value) => void (draft.branch = value),
  subdir: (draft, value) => void (draft.subdir = agreeing('subdir', draft.subdir, value)),
  checksum: (draft, value) => void (draft.checksum = value),
  commit: (draft, value) => void (draft.checksum = value),
  'keep-git-dir': (draft, value, key) => void (draft.keepGitDir = parseFlag(key, value)),
  submodules: (draft, value, key) => void (draft.submodules = parseFlag(key, value)),
  'fetch-by-commit': (draft, value, key) => void (draft.fetchByCommit = parseFlag(key, value)),
  mtime: (draft, value) => void (draft.mtime = parseMtime(value)),
};
const FLAGS = new Set(['keep-git-dir', 'submodules', 'fetch-by-commit']);

function parseQuery(
  query: string,
  fragment: { readonly ref: string; readonly subdir: string },
  text: string,
): Selection {
  const draft: Draft = {
    ...(fragment.ref && { ref: fragment.ref }),
    ...(fragment.subdir && { subdir: fragment.subdir }),
  };
  try {
    const values = new URLSearchParams(query);
    for (const key of new Set(values.keys())) {
      const [value = '', ...others] = values.getAll(key);
      if (others.length > 0) throw invalid(`query ${JSON.stringify(key)} has multiple values`);
      const set = Object.hasOwn(QUERY_KEYS, key) ? QUERY_KEYS[key] : undefined;
      if (value === '' && !FLAGS.has(key)) throw invalid(`query ${JSON.stringify(key)} has no value`);
      if (!set) throw invalid(`unexpected query ${JSON.stringify(key)}`);
      set(draft, value, key);
    }
    return withQualifiedRef(draft);
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    throw error.with({ message: `${redactUrl(text)}: ${error.message}`, hint: KEYS_HINT });
  }
}

const KEYS_HINT = `known keys: ${Object.keys(QUERY_KEYS).join(', ')}`;

function withQualifiedRef({ tag, branch, ...selection }: Draft): Selection {
  if (tag !== undefined && branch !== undefined) throw invalid('branch conflicts with tag');
  const prefix = tag === undefined ? 'refs/heads/' : 'refs/tags/';
  const named = tag ?? branch;
  if (named === undefined) return selection;
  const full = named.startsWith(prefix) ? named : `${prefix}${named}`;
  return { ...selection, ref: agreeing('ref', selection.ref, full) };
}

function agreeing(key: string, known: string | undefined, value: string): string {
  if (known === undefined || known === value) return value;
  throw invalid(`${key} conflicts: ${JSON.stringify(known)} vs ${JSON.stringify(value)}`);
}

/** The bare key means true. */
function parseFlag(key: string, value: string): boolean {
  const flag = value === '' ? true : parseGoBool(value);
  if (flag === undefined) throw invalid(`invalid ${key} value: ${JSON.stringify(value)}`);
  return flag;
}

function parseMtime(value: string): 'checkout' | 'commit' {
  if (value === 'checkout' || value === 'commit') return value;
  throw invalid(`invalid mtime value: ${JSON.stringify(value)} (must be "checkout" or "commit")`);
}

function invalid(message: string): TsbuildError {
  return new TsbuildError('ADD_GIT', message);
}
