// Who --chown and the owner of a WORKDIR are. Matches llb.WithUser and BuildKit's
// solver/llbsolver/ops/user_linux.go (readUser), but for one thing on purpose: a name that is not found fails for
// --chown, where BuildKit goes on with 0.
import { TsbuildError } from '../../core/errors.js';
import type { Owner } from '../copy/copy-attributes.js';
import type { TreeView } from '../tree-view.js';
import { readGroups, readPasswd } from './account-files.js';

export interface ChownOptions {
  /** --link: there is no tree to look names up in. */
  readonly isLink?: boolean;
  /**
   * What a name without a row means: `fail` for --chown, `root` (0) for the USER that a WORKDIR belongs to. Default
   * `fail`.
   */
  readonly unknownName?: 'fail' | 'root';
}

/**
 * @param spec `user[:group]`, each a name or a number; a number alone is the group as well, a name brings the group of
 * its row
 * @throws TsbuildError COPY_OWNER
 */
export function lookupChown(view: TreeView, spec: string, options: ChownOptions = {}): Owner {
  const colon = spec.indexOf(':');
  const user = colon === -1 ? spec : spec.slice(0, colon);
  const group = colon === -1 ? '' : spec.slice(colon + 1);
  const owner = ownerOf(view, user, options);
  return group === '' ? owner : { uid: owner.uid, gid: groupOf(view, group, options) };
}

function ownerOf(view: TreeView, user: string, options: ChownOptions): Owner {
  const id = user === '' ? 0 : idOf(user);
  if (id !== undefined) return { uid: id, gid: id };
  refuseNameWithLink(options);
  const row = readPasswd(view)?.find(({ name }) => name === user);
  if (row) return { uid: row.uid, gid: row.gid };
  return unknown(options, { what: `user ${user}`, file: 'passwd' }) ?? { uid: 0, gid: 0 };
}

function groupOf(view: TreeView, group: string, options: ChownOptions): number {
  const id = idOf(group);
  if (id !== undefined) return id;
  refuseNameWithLink(options);
  const row = readGroups(view)?.find(({ name }) => name === group);
  return row?.gid ?? unknown(options, { what: `group ${group}`, file: 'group' }) ?? 0;
}

/** A number of 31 bits, or `root`; everything else is a name. */
function idOf(text: string): number | undefined {
  if (text === 'root') return 0;
  if (!/^\+?\d+$/.test(text)) return undefined;
  const id = Number(text);
  return id <= 0x7fffffff ? id : undefined;
}

function refuseNameWithLink({ isLink }: ChownOptions): void {
  if (!isLink) return;
  throw new TsbuildError('COPY_OWNER', 'invalid user index: -1', {
    hint: 'with --link the image is not there to look names up in: use numbers in --chown',
  });
}

function unknown(
  { unknownName = 'fail' }: ChownOptions,
  { what, file }: { what: string; file: string },
): undefined {
  if (unknownName === 'root') return undefined;
  throw new TsbuildError('COPY_OWNER', `unable to find ${what}: no matching entries in ${file} file`, {
    hint: 'create it in an earlier RUN, or use a number in --chown',
  });
}
