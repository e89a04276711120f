// Who a RUN executes as: USER to ids, supplementary groups and HOME.
// Matches BuildKit's executor/oci GetUser on moby/sys/user's GetExecUser; HOME as runc sets it, by the uid.
import type { TreeView } from '../tree-view.js';
import { readGroups, readPasswd } from './account-files.js';
import { execUserOf, type ExecUser } from './account-rows.js';

/**
 * @param spec `user[:group]` as in USER, expanded; '' is root with its supplementary groups
 * @throws TsbuildError STEP_USER_NOT_FOUND
 */
export function lookupUser(view: TreeView, spec: string): ExecUser {
  return execUserOf(readPasswd(view) ?? [], () => readGroups(view) ?? [], spec);
}
