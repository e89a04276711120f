import test from 'ava';
import {
  isTreeXattr,
  shiftedOwnership,
  xattrForLayer,
  xattrForTree,
} from '../../../../src/builder/rootfs/ownership.js';
import type { ByteString } from '../../../../src/core/bytes.js';

const bytes = (hex: string): ByteString => Buffer.from(hex, 'hex').toString('latin1') as ByteString;

test('ids are shifted by one, and those outside of the namespace are refused by name', (t) => {
  t.is(shiftedOwnership.idOnDisk(0), 1);
  t.deepEqual(shiftedOwnership.ownerOf({ uid: 65536, gid: 1 }, {}), { uid: 65535, gid: 0 });
  t.throws(() => shiftedOwnership.idOnDisk(65536), { message: /65536/ });
});

test('a file capability gets the root of the namespace in a tree, and loses it again in a layer', (t) => {
  const revision2 = bytes('0100000201000000000000000000000000000000');
  const inTree = xattrForTree('security.capability', revision2, shiftedOwnership);
  t.is(inTree, bytes('010000030100000000000000000000000000000001000000'));
  t.is(xattrForLayer('security.capability', inTree), revision2);
  t.is(xattrForTree('user.any', revision2, shiftedOwnership), revision2);
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
