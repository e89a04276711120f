import test from 'ava';
import { lookupChown } from '../../../../src/layer/accounts/lookup-chown.js';
import { lookupUser } from '../../../../src/layer/accounts/lookup-user.js';
import { memoryTree } from '../../../../src/layer/memory-tree.js';
import { b, file, special, symlink, tree, type Sketch } from '../copy/tree-text.js';

const PASSWD =
  'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:2::/usr/sbin:\n\nu:x:1000:1001::/home/u:/bin/sh\nnohome:x:7:8\nodd:x:z:q:::\n';
const GROUP = 'root:x:0:root\nwheel:x:10:root,u\nu:x:1001:\naudio:x:29:u\nnone:x:30\n';
const IMAGE: Sketch = { 'etc/passwd': PASSWD, 'etc/group': GROUP };
const image = tree(IMAGE);
const bare = tree({});

test('--chown: numbers, names, groups', (t) => {
  const owner = (spec: string): string => Object.values(lookupChown(image, spec)).join(':');
  t.is(owner('55'), '55:55');
  t.is(owner('55:66'), '55:66');
  t.is(owner('daemon'), '1:2');
  t.is(owner('u:wheel'), '1000:10');
  t.is(owner('55:audio'), '55:29');
  t.is(owner('u:'), '1000:1001');
  t.is(owner(':5'), '0:5');
  t.is(owner('odd'), '0:0');
});

test('--chown: root is 0 without a lookup', (t) => {
  t.deepEqual(lookupChown(bare, 'root:root'), { uid: 0, gid: 0 });
  t.deepEqual(lookupChown(bare, 'root', { isLink: true }), { uid: 0, gid: 0 });
});

test('--chown: an unknown name or a missing file fails', (t) => {
  const nobody = {
    code: 'COPY_OWNER',
    message: 'unable to find user nosuch: no matching entries in passwd file',
  };
  t.throws(() => lookupChown(image, 'nosuch'), nobody);
  t.throws(() => lookupChown(bare, 'nosuch'), nobody);
  t.throws(() => lookupChown(tree({ etc: 'a file' }), 'nosuch'), nobody);
  t.throws(() => lookupChown(image, 'u:nosuch'), {
    code: 'COPY_OWNER',
    message: 'unable to find group nosuch: no matching entries in group file',
  });
  t.throws(() => lookupChown(image, '-1'), { code: 'COPY_OWNER' });
  t.throws(() => lookupChown(image, '4294967295'), { code: 'COPY_OWNER' });
  t.deepEqual(lookupChown(image, 'nosuch:nosuch', { unknownName: 'root' }), { uid: 0, gid: 0 });
});

test('--chown with --link: names fail, numbers work', (t) => {
  const refused = { code: 'COPY_OWNER', message: 'invalid user index: -1' };
  t.throws(() => lookupChown(image, 'u', { isLink: true }), refused);
  t.throws(() => lookupChown(image, '5:u', { isLink: true }), refused);
  t.deepEqual(lookupChown(image, '5:6', { isLink: true }), { uid: 5, gid: 6 });
});

test('USER: forms, supplementary groups only without a group, gid always among them, HOME', (t) => {
  const user = (spec: string): unknown => lookupUser(image, spec);
  t.deepEqual(user(''), { uid: 0, gid: 0, groups: [0, 10], home: '/root' });
  t.deepEqual(user('u'), { uid: 1000, gid: 1001, groups: [1001, 10, 29], home: '/home/u' });
  t.deepEqual(user('1000'), { uid: 1000, gid: 1001, groups: [1001, 10, 29], home: '/home/u' });
  t.deepEqual(user('u:wheel'), { uid: 1000, gid: 10, groups: [10], home: '/home/u' });
  t.deepEqual(user('1000:5'), { uid: 1000, gid: 5, groups: [5], home: '/home/u' });
  t.deepEqual(user('77'), { uid: 77, gid: 0, groups: [0], home: '/' });
  t.deepEqual(user('77:audio'), { uid: 77, gid: 29, groups: [29], home: '/' });
  t.deepEqual(user('nohome'), { uid: 7, gid: 8, groups: [8], home: '' });
  t.deepEqual(user('+77:+5'), { uid: 77, gid: 5, groups: [5], home: '/' });
  t.throws(() => user('-1'), { code: 'STEP_USER_NOT_FOUND', message: /range 0-/ });
});

test('USER: without account files numbers and the default work, names do not', (t) => {
  t.deepEqual(lookupUser(bare, ''), { uid: 0, gid: 0, groups: [0], home: '/' });
  t.deepEqual(lookupUser(bare, '5:6'), { uid: 5, gid: 6, groups: [6], home: '/' });
  t.deepEqual(lookupUser(bare, '5'), { uid: 5, gid: 0, groups: [0], home: '/' });
  t.throws(() => lookupUser(bare, 'x'), {
    code: 'STEP_USER_NOT_FOUND',
    message: 'unable to find user x: no matching entries in passwd file',
  });
  t.throws(() => lookupUser(image, 'u:x'), {
    code: 'STEP_USER_NOT_FOUND',
    message: 'unable to find group x: no matching entries in group file',
  });
  t.throws(() => lookupUser(image, '99999999999'), { code: 'STEP_USER_NOT_FOUND' });
});

test('account files: links inside the root are followed; fifos, devices and loops are no files; large ones are refused', (t) => {
  const linked = tree({ ...IMAGE, 'etc/passwd': symlink('/../../real'), real: PASSWD });
  t.deepEqual(lookupChown(linked, 'daemon'), { uid: 1, gid: 2 });
  const hostile: Sketch[] = [
    { 'etc/passwd': special('fifo') },
    { 'etc/passwd': symlink('/dev/zero'), 'dev/zero': special('char', { devMajor: 1, devMinor: 5 }) },
    { 'etc/passwd': symlink('passwd') },
    { 'etc/passwd': symlink('../../../../proc/self/environ') },
    { etc: symlink('etc') },
  ];
  for (const sketch of hostile) {
    t.throws(() => lookupUser(tree(sketch), 'u'), { code: 'STEP_USER_NOT_FOUND' });
    t.is(lookupUser(tree(sketch), '5').uid, 5);
  }
  const content = { kind: 'file', path: b('/never/read') } as const;
  const large = memoryTree([
    { kind: 'node', path: b('etc/passwd'), node: file('', { size: 2 ** 30, content }) },
  ]);
  t.throws(() => lookupUser(large, 'u'), { code: 'LAYER_LIMIT' });
});
