// From a name in a repository to a commit, without fetching it: what a cache key is made of.
import { TsbuildError } from '../../core/errors.js';
import { redactUrl } from '../../core/redact.js';
import type { GitSession } from './git-session.js';

export interface ResolvedGitRef {
  /** The commit. */
  readonly sha: string;
  /** What to ask the remote for. */
  readonly fetch: string;
}

export function isCommitSha(text: string): boolean {
  return /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text);
}

/**
 * A full commit id needs no look-up. A name is looked for as `refs/<name>`, as a branch, as a tag, in this order.
 * @throws TsbuildError ADD_GIT `repository does not contain ref x`, and for names that are no names
 */
export async function resolveGitRef(session: GitSession, ref = 'HEAD'): Promise<ResolvedGitRef> {
  checkRefName(ref);
  if (isCommitSha(ref)) return { sha: ref, fetch: ref };
  const { remote } = session.access;
  const output = await session.run({ args: ['ls-remote', '--', remote, ref, `${ref}^{}`], needsAuth: true });
  const commits = new Map(output.split('\n').flatMap((line) => parseLine(line)));
  for (const name of candidates(ref)) {
    // An annotated tag is listed twice; the second line is the commit that it is on.
    const sha = commits.get(`${name}^{}`) ?? commits.get(name);
    if (sha !== undefined) return { sha, fetch: name };
  }
  throw new TsbuildError('ADD_GIT', `${redactUrl(remote)}: repository does not contain ref ${ref}`, {
    hint: `git ls-remote ${redactUrl(remote)} lists what there is`,
  });
}

function candidates(ref: string): string[] {
  const withPrefix = (prefix: string): string => (ref.startsWith(prefix) ? ref : `${prefix}${ref}`);
  return [
    ...(ref === 'HEAD' ? ['HEAD'] : []),
    withPrefix('refs/'),
    withPrefix('refs/heads/'),
    withPrefix('refs/tags/'),
  ];
}

function parseLine(line: string): [name: string, sha: string][] {
  const [sha = '', name = ''] = line.split('\t');
  return isCommitSha(sha) ? [[name, sha]] : [];
}

/** git-check-ref-format(1), and no leading dash, so that no name can be taken for an option. */
function checkRefName(ref: string): void {
  const isBad = ref === '' || /^[-/]|\/$|\.$|\.\.|\/\/|@\{|[\x00-\x20\x7f~^:?*[\\]/.test(ref);
  if (isBad) throw new TsbuildError('ADD_GIT', `${JSON.stringify(ref)} is not a valid git ref`);
}
