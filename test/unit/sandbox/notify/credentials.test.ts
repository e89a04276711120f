// Expectations from setuid(2), setreuid(2), setresuid(2) and execve(2).
import test from 'ava';
import {
  afterExecution,
  credentialsOf,
  isMemberOf,
  isPrivileged,
  keepPrivilege,
  setFilesystem,
  setOne,
  setPair,
  setTriple,
  UNCHANGED,
  type IdSet,
} from '../../../../src/sandbox/notify/credentials.js';

const ids = (real: number, effective: number, saved: number, filesystem = effective): IdSet => ({
  real,
  effective,
  saved,
  filesystem,
});
const root = { isPrivileged: true };
const user = { isPrivileged: false };

test('setuid: root changes all ids, a user only the effective one, to a real or saved one', (t) => {
  t.deepEqual(setOne(ids(0, 0, 0), 5, root), ids(5, 5, 5));
  t.deepEqual(setOne(ids(5, 0, 0), 5, user), ids(5, 5, 0));
  t.deepEqual(setOne(ids(5, 5, 0), 0, user), ids(5, 0, 0));
  t.is(setOne(ids(5, 5, 5), 0, user), undefined);
});

test('setreuid: the saved id follows when the real one is set, or the effective one to something else', (t) => {
  t.deepEqual(setPair(ids(0, 0, 0), [5, 6], root), ids(5, 6, 6));
  t.deepEqual(setPair(ids(5, 6, 6), [6, 5], user), ids(6, 5, 5));
  t.deepEqual(setPair(ids(5, 5, 7), [UNCHANGED, 7], user), ids(5, 7, 7));
  t.deepEqual(setPair(ids(5, 7, 7), [UNCHANGED, 5], user), ids(5, 5, 7));
  t.is(setPair(ids(5, 5, 7), [7, UNCHANGED], user), undefined);
});

test('setresuid: each id to any of the three', (t) => {
  t.deepEqual(setTriple(ids(0, 0, 0), [UNCHANGED, 42, UNCHANGED], root), ids(0, 42, 0));
  t.deepEqual(setTriple(ids(1, 2, 3), [3, 1, 2], user), ids(3, 1, 2));
  t.is(setTriple(ids(1, 2, 3), [4, UNCHANGED, UNCHANGED], user), undefined);
});

test('setfsuid changes nothing when it is not permitted', (t) => {
  t.is(setFilesystem(ids(1, 1, 1), 9, root).filesystem, 9);
  t.is(setFilesystem(ids(1, 1, 1), 9, user).filesystem, 1);
  t.is(setFilesystem(ids(1, 1, 1), UNCHANGED, root).filesystem, 1);
});

test('whoever was privileged and kept its capabilities stays so until it executes something', (t) => {
  const before = credentialsOf({ uid: 0, gid: 0, groups: [] });
  const kept = { ...keepPrivilege(before, { isWanted: true }), user: ids(5, 5, 5) };
  t.true(isPrivileged(kept));
  t.false(isPrivileged(keepPrivilege(kept, { isWanted: false })));
  t.false(isPrivileged(afterExecution(kept, {})));
  const ordinary = credentialsOf({ uid: 5, gid: 5, groups: [] });
  t.false(isPrivileged(keepPrivilege(ordinary, { isWanted: true })));
});

test('a file with set-id bits gives its owner, and the saved ids follow', (t) => {
  const before = credentialsOf({ uid: 5, gid: 6, groups: [7] });
  const after = afterExecution(before, { uid: 0 });
  t.deepEqual(after.user, ids(5, 0, 0));
  t.deepEqual(after.group, ids(6, 6, 6));
  t.deepEqual(
    [6, 7, 8].map((gid) => isMemberOf(after, gid)),
    [true, true, false],
  );
});
