import test from 'ava';
import {
  MASKED_PATHS,
  planMounts,
  READ_ONLY_PATHS,
  secretAttributes,
  type PlannedMount,
  type PreparedMount,
} from '../../../src/sandbox/mount-plan.js';
import { MOUNT_NOEXEC, MOUNT_RDONLY } from '../../../src/host/syscalls/mount-calls.js';

const step = {
  network: 'none',
  isInsecure: false,
  shmSizeBytes: 1024,
  resolvConf: 'r',
  hosts: 'h',
  files: [],
} as const;

const tree = (target: string, source = '/source'): PreparedMount => ({
  kind: 'tree',
  source,
  subpath: '',
  target,
  attributes: 0,
});

function targets(mounts: readonly PlannedMount[]): string[] {
  return mounts.flatMap((mount) => ('target' in mount ? [mount.target] : []));
}

test('the mounts of the kernel come first, those of the step follow with parents before children', (t) => {
  const plan = planMounts(step, [tree('/b/c/d'), tree('/b'), tree('/a/x')]);
  t.deepEqual(targets(plan), [
    '/proc',
    '/dev',
    '/dev/pts',
    '/dev/shm',
    '/dev/mqueue',
    '/sys',
    '/sys/fs/cgroup',
    '/etc/resolv.conf',
    '/etc/hosts',
    '/b',
    '/a/x',
    '/b/c/d',
  ]);
});

test('of two mounts on one target the last one wins', (t) => {
  const plan = planMounts(step, [tree('/m', '/first'), tree('/m', '/second')]);
  t.deepEqual(
    plan.filter((mount) => mount.kind === 'tree').map(({ source }) => source),
    ['/second'],
  );
});

test('paths are masked last, and not at all when the step is insecure', (t) => {
  const guards = (mounts: readonly PlannedMount[]): string[] =>
    mounts.flatMap((mount) => ('path' in mount ? [mount.path] : []));
  const plan = planMounts(step, [tree('/proc/keys')]);
  t.deepEqual(guards(plan.slice(-(MASKED_PATHS.length + READ_ONLY_PATHS.length))), [
    ...MASKED_PATHS,
    ...READ_ONLY_PATHS,
  ]);
  t.deepEqual(guards(planMounts({ ...step, isInsecure: true }, [])), []);
});

test('/sys is that of the host when its network is, and read-only either way', (t) => {
  for (const network of ['host', 'none'] as const) {
    const sys = planMounts({ ...step, network }, []).find(
      (mount) => 'target' in mount && mount.target === '/sys',
    );
    t.is(sys?.kind, network === 'host' ? 'tree' : 'filesystem');
    t.truthy(sys && 'attributes' in sys && sys.attributes & MOUNT_RDONLY);
  }
});

test('a secret may be executed only when it has an x bit', (t) => {
  t.is(secretAttributes(0o400) & MOUNT_NOEXEC, MOUNT_NOEXEC);
  t.is(secretAttributes(0o500) & MOUNT_NOEXEC, 0);
});
