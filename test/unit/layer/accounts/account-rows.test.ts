import test from 'ava';
import {
  execUserOf,
  parseGroups,
  parsePasswd,
  withGroups,
} from '../../../../src/layer/accounts/account-rows.js';

const PASSWD = parsePasswd(
  'root:x:0:0:root:/root:/bin/sh\napp:x:1000:100::/home/app:/bin/sh\n\n  short:x:7\nodd:x:y:z\n',
);
const GROUPS = parseGroups('root:x:0:\nusers:x:100:app,other\ndocker:x:999:app\nbad:x:no:\n');
const lookUp = (spec: string) => execUserOf(PASSWD, () => GROUPS, spec);

test('rows: what is missing is empty, what is no number is 0', (t) => {
  t.deepEqual(PASSWD[2], { name: 'short', uid: 7, gid: 0, home: '' });
  t.deepEqual(PASSWD[3], { name: 'odd', uid: 0, gid: 0, home: '' });
  t.deepEqual(GROUPS[1], { name: 'users', gid: 100, members: ['app', 'other'] });
  t.is(GROUPS[3]?.gid, 0);
});

test('users by name, number and group', (t) => {
  t.deepEqual(lookUp(''), { uid: 0, gid: 0, groups: [0], home: '/root' });
  t.deepEqual(lookUp('app'), { uid: 1000, gid: 100, groups: [100, 999], home: '/home/app' });
  t.deepEqual(lookUp('1000'), { uid: 1000, gid: 100, groups: [100, 999], home: '/home/app' });
  t.deepEqual(lookUp('app:docker'), { uid: 1000, gid: 999, groups: [999], home: '/home/app' });
  t.deepEqual(lookUp('4000'), { uid: 4000, gid: 0, groups: [0], home: '/' });
  t.deepEqual(lookUp('4000:5000'), { uid: 4000, gid: 5000, groups: [5000], home: '/' });
  t.throws(() => lookUp('nobody'), {
    message: 'unable to find user nobody: no matching entries in passwd file',
  });
  t.throws(() => lookUp('app:no'), { message: 'unable to find group no: no matching entries in group file' });
});

test('further groups are names of the group file or numbers, each once', (t) => {
  t.deepEqual(withGroups(lookUp('app'), GROUPS, ['root', '100', '5']).groups, [100, 999, 0, 5]);
  t.throws(() => withGroups(lookUp('app'), GROUPS, ['none']), { code: 'STEP_USER_NOT_FOUND' });
});

test('a row whose numbers the kernel would take for others names nobody', (t) => {
  for (const id of ['-1', '2147483648', '4294967296', '99999999999999999999999']) {
    const refused = { code: 'STEP_USER_NOT_FOUND', message: 'uids and gids must be in range 0-2147483647' };
    const rows = parsePasswd(`app:x:${id}:1::/\nmember:x:1:1::/\n`);
    t.throws(() => execUserOf(rows, () => [], 'app'), refused);
    t.throws(() => execUserOf(parsePasswd(`app:x:1:${id}::/`), () => [], 'app'), refused);
    const groups = parseGroups(`extra:x:${id}:member\n`);
    t.throws(() => execUserOf(rows, () => groups, 'member'), refused);
    t.throws(() => execUserOf(rows, () => groups, 'member:extra'), refused);
    t.is(execUserOf(rows, () => [], 'member').uid, 1);
  }
});
