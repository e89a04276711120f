import test from 'ava';
import { ownGroup } from '../../../../src/sandbox/cgroup/own-group.js';

const mountOf = (root: string, target: string): string =>
  `25 30 0:23 / /sys rw - sysfs sysfs rw\n35 25 0:30 ${root} ${target} rw,nosuid shared:9 - cgroup2 cgroup2 rw\n`;

test('of an ordinary user in a scope', (t) => {
  const own = ownGroup({ mountInfo: mountOf('/', '/sys/fs/cgroup'), cgroup: '0::/user.slice/run-1.scope\n' });
  t.deepEqual(own, { directory: '/sys/fs/cgroup/user.slice/run-1.scope', isTop: false });
});

test('in a container with a name space of its own, and at the top of a host', (t) => {
  const own = ownGroup({ mountInfo: mountOf('/', '/sys/fs/cgroup'), cgroup: '0::/\n' });
  t.deepEqual(own, { directory: '/sys/fs/cgroup', isTop: true });
});

test('where only a part of the hierarchy is mounted', (t) => {
  const mountInfo = mountOf('/docker/abc', '/sys/fs/cgroup');
  t.deepEqual(ownGroup({ mountInfo, cgroup: '0::/docker/abc\n' }), {
    directory: '/sys/fs/cgroup',
    isTop: true,
  });
  t.deepEqual(ownGroup({ mountInfo, cgroup: '0::/docker/abc/x\n' }), {
    directory: '/sys/fs/cgroup/x',
    isTop: false,
  });
  t.is(ownGroup({ mountInfo, cgroup: '0::/docker/abcd\n' }), undefined);
  t.is(ownGroup({ mountInfo, cgroup: '0::/\n' }), undefined);
});

test('none on a host with version 1 only, and names with spaces are read', (t) => {
  t.is(ownGroup({ mountInfo: '', cgroup: '0::/x\n' }), undefined);
  t.is(ownGroup({ mountInfo: mountOf('/', '/sys/fs/cgroup'), cgroup: '4:memory:/x\n' }), undefined);
  const own = ownGroup({ mountInfo: mountOf('/', '/mnt/c\\040g'), cgroup: '1:cpu:/y\n0::/x\n' });
  t.is(own?.directory, '/mnt/c g/x');
});
