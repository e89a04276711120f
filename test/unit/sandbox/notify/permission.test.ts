import test from 'ava';
import { credentialsOf } from '../../../../src/sandbox/notify/credentials.js';
import { isGranted, maySearchAndWrite, MAY_WRITE } from '../../../../src/sandbox/notify/permission.js';

const app = credentialsOf({ uid: 1000, gid: 1000, groups: [50] });

test('the first class that matches decides: owner, group, others', (t) => {
  t.true(isGranted(app, { uid: 1000, gid: 0 }, 0o200, MAY_WRITE));
  t.false(isGranted(app, { uid: 1000, gid: 0 }, 0o022, MAY_WRITE));
  t.true(isGranted(app, { uid: 0, gid: 50 }, 0o020, MAY_WRITE));
  t.false(isGranted(app, { uid: 0, gid: 50 }, 0o202, MAY_WRITE));
  t.true(isGranted(app, { uid: 0, gid: 0 }, 0o002, MAY_WRITE));
});

test('a directory needs both bits, and root needs none', (t) => {
  t.false(maySearchAndWrite(app, { uid: 1000, gid: 0 }, 0o200));
  t.true(maySearchAndWrite(app, { uid: 1000, gid: 0 }, 0o300));
  t.true(maySearchAndWrite(credentialsOf({ uid: 0, gid: 0, groups: [] }), { uid: 5, gid: 5 }, 0));
});
