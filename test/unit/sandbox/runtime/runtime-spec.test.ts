import test from 'ava';
import { runtimeSeccomp } from '../../../../src/sandbox/runtime/runtime-seccomp.js';
import { encodeSpec, runtimeSpec } from '../../../../src/sandbox/runtime/runtime-spec.js';
import type { LaunchOrder } from '../../../../src/sandbox/launch-order.js';
import { planMounts } from '../../../../src/sandbox/mount-plan.js';

function orderWith(changes: Partial<LaunchOrder> = {}): LaunchOrder {
  const plan = {
    network: 'none',
    isInsecure: false,
    shmSizeBytes: 1024,
    resolvConf: '',
    hosts: '',
    files: [],
  } as const;
  return {
    argv: ['/bin/sh', '-c', 'true'],
    env: ['PATH=/bin'],
    cwd: '/work',
    uid: 0,
    gid: 0,
    groups: [0],
    hostname: 'buildkitsandbox',
    network: 'none',
    isInsecure: false,
    ulimits: [{ name: 'nofile', soft: 10, hard: -1 }],
    rootfs: '/rootfs',
    scratch: '/scratch',
    mounts: planMounts({ ...plan, ...changes }, []),
    filter: new Uint8Array(),
    ...changes,
  };
}

interface Spec {
  readonly process: {
    readonly user: { readonly uid: number };
    readonly capabilities: Readonly<Record<string, readonly string[]>>;
  };
  readonly mounts: readonly {
    readonly destination: string;
    readonly type: string;
    readonly options: readonly string[];
  }[];
  readonly linux: {
    readonly namespaces: readonly { readonly type: string; readonly path?: string }[];
    readonly maskedPaths: readonly string[];
    readonly seccomp?: unknown;
    readonly uidMappings?: unknown;
  };
}

function specOf(
  order: LaunchOrder,
  namespaces: Parameters<typeof runtimeSpec>[1]['namespaces'] = {
    map: [{ inside: 0, outside: 1, count: 65_536 }],
  },
): Spec {
  const places = {
    rootfs: '/b/rootfs',
    sourceOf: () => '/b/source',
    modeOf: () => undefined,
    namespaces,
    machine: 'x64',
  } as const;
  return JSON.parse(encodeSpec(runtimeSpec(order, places))) as Spec;
}

test('root has the default capabilities, another user none, and an insecure step all', (t) => {
  const root = specOf(orderWith()).process.capabilities;
  t.is(root['bounding']?.length, 14);
  t.deepEqual(root['effective'], root['bounding']);
  const other = specOf(orderWith({ uid: 5 })).process.capabilities;
  t.deepEqual([other['bounding']?.length, other['effective']?.length], [14, 0]);
  t.is(specOf(orderWith({ isInsecure: true })).process.capabilities['effective']?.length, 41);
});

test('namespaces: new ones with the ids of the step, or those of the holder', (t) => {
  const { namespaces, uidMappings } = specOf(orderWith()).linux;
  t.deepEqual(
    namespaces.map(({ type }) => type),
    ['pid', 'mount', 'ipc', 'uts', 'cgroup', 'user', 'network'],
  );
  t.deepEqual(uidMappings, [{ containerID: 0, hostID: 1, size: 65_536 }]);
  t.notRegex(JSON.stringify(specOf(orderWith({ network: 'host' })).linux.namespaces), /network/);
  const joined = specOf(orderWith({ network: 'private' }), {
    map: [{ inside: 0, outside: 1, count: 65_536 }],
    joined: 7,
  }).linux;
  t.deepEqual(joined.namespaces.slice(-2), [
    { type: 'user', path: '/proc/7/ns/user' },
    { type: 'network', path: '/proc/7/ns/net' },
  ]);
});

test('mounts keep their order and restrictions; devices are the affair of the runtime', (t) => {
  const { mounts, linux } = specOf(orderWith());
  t.deepEqual(mounts.map(({ destination }) => destination), [
    '/proc', '/dev', '/dev/pts', '/dev/shm', '/dev/mqueue', '/sys', '/etc/resolv.conf', '/etc/hosts',
  ]); // prettier-ignore
  t.true(mounts.find(({ destination }) => destination === '/sys')?.options.includes('ro'));
  t.deepEqual(mounts.at(-1)?.options, ['bind', 'rprivate', 'ro', 'nosuid', 'nodev']);
  t.true(linux.maskedPaths.includes('/proc/kcore'));
});

test('limits without end are numbers that JSON of JavaScript does not know', (t) => {
  const order = orderWith();
  const text = encodeSpec(
    runtimeSpec(order, {
      rootfs: '/r',
      modeOf: () => undefined,
      sourceOf: () => '',
      namespaces: { map: [{ inside: 0, outside: 1, count: 65_536 }], joined: 1 },
      machine: 'x64',
    }),
  );
  t.true(text.includes('{"type":"RLIMIT_NOFILE","soft":10,"hard":18446744073709551615}'));
});

test('the filter is there unless the step is insecure, and allows what the own one allows', (t) => {
  const { filter, ...open } = orderWith({ isInsecure: true });
  t.truthy(filter);
  t.is(specOf(open).linux.seccomp, undefined);
  t.truthy(specOf(orderWith()).linux.seccomp);
  const { syscalls, defaultErrnoRet, architectures } = runtimeSeccomp('x64');
  t.is(defaultErrnoRet, 1);
  t.deepEqual(architectures, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']);
  const names = syscalls[0]?.names ?? [];
  t.true(names.includes('openat2'));
  for (const denied of ['mount', 'bpf', 'unshare', 'keyctl', 'clone', 'socket', 'clone3', ''])
    t.false(names.includes(denied), denied);
  t.deepEqual(syscalls.find((rule) => rule.names[0] === 'clone')?.args, [
    { index: 0, value: 0x7e020000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' },
  ]);
  t.like(syscalls.at(-1), { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 });
});

test('the filter of a runtime judges address families as the own one does, whatever the upper bits are', (t) => {
  const rules = runtimeSeccomp('x64').syscalls.filter(({ names }) => names[0] === 'socket');
  const isAllowed = (family: bigint): boolean =>
    rules.some(({ args = [] }) =>
      args.every(({ value, valueTwo = 0, op }) => {
        t.is(op, 'SCMP_CMP_MASKED_EQ');
        return (family & BigInt(value)) === BigInt(valueTwo);
      }),
    );
  for (let family = 0n; family < 300n; family++)
    for (const upper of [0n, 1n << 32n])
      t.is(isAllowed(upper | family), ![38n, 40n].includes(family), String(family));
  t.true(isAllowed(0xffffffffn));
});
