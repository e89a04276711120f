import test from 'ava';
import { isTreeXattr, shiftedOwnership, xattrForLayer, xattrForTree } from '../../../src/rootfs/ownership.js';
import { assertIds } from '../../../src/rootfs/id-spans.js';
import type { ByteString } from '../../../src/core/bytes.js';

const shifted = shiftedOwnership([{ first: 0, last: 65535 }]);

const bytes = (hex: string): ByteString => Buffer.from(hex, 'hex').toString('latin1') as ByteString;

test('ids are shifted by one, and those outside of the namespace are refused by name', (t) => {
  t.is(shifted.idOnDisk(0), 1);
  t.deepEqual(shifted.ownerOf({ uid: 65536, gid: 1 }, {}), { uid: 65535, gid: 0 });
  assertIds(shifted.ids, { uid: 65535, gid: 0 }, () => 'x is');
  t.throws(() => assertIds(shifted.ids, { uid: 1, gid: 65536 }, () => '/srv belongs to'), {
    code: 'SANDBOX_NO_SUBUID',
    message: '/srv belongs to group 65536, and a process has the ids 0 to 65535 on this machine',
  });
});

test('a file capability gets the root of the namespace in a tree, and loses it again in a layer', (t) => {
  const revision2 = bytes('0100000201000000000000000000000000000000');
  const inTree = xattrForTree('security.capability', revision2, shifted);
  t.is(inTree, bytes('010000030100000000000000000000000000000001000000'));
  t.is(xattrForLayer('security.capability', inTree), revision2);
  t.is(xattrForTree('user.any', revision2, shifted), revision2);
});

test('attributes that steer an overlay never get into a tree', (t) => {
  const names = [
    'user.overlay.redirect',
    'user.overlay.opaque',
    'trusted.overlay.opaque',
    'security.selinux',
    'system.posix_acl_access',
  ];
  t.deepEqual(names.filter(isTreeXattr), []);
  t.deepEqual(['user.mine', 'security.capability', 'user.overlayed'].filter(isTreeXattr), [
    'user.mine',
    'security.capability',
    'user.overlayed',
  ]);
});
