import test from 'ava';
import { AUDIT_ARCH, RET_ALLOW, RET_USER_NOTIF } from '../../../../src/sandbox/seccomp/assemble-filter.js';
import {
  deviceCallNumbers,
  deviceTraps,
  networkTraps,
  statusTraps,
} from '../../../../src/sandbox/seccomp/call-traps.js';
import { syscallNumbers, type SeccompArch } from '../../../../src/sandbox/seccomp/syscall-numbers.js';
import { trapFilter } from '../../../../src/sandbox/seccomp/trap-filter.js';
import { systemCall, verdictOf } from '../../../support/bpf.js';

const CASES: readonly { machine: 'x64' | 'arm64'; arch: SeccompArch }[] = [
  { machine: 'x64', arch: 'x64' },
  { machine: 'x64', arch: 'x86' },
  { machine: 'arm64', arch: 'arm64' },
];

for (const { machine, arch } of CASES) {
  const numbers = syscallNumbers(arch);
  const filter = trapFilter(machine, [networkTraps, deviceTraps]);
  const outcome = (name: string, ...args: readonly (number | bigint)[]): number =>
    verdictOf(filter, systemCall(AUDIT_ARCH[arch], numbers.get(name) ?? Number.NaN, ...args)) >>> 0;

  test(`${arch}: mknod waits for devices alone, whatever else is in the mode`, (t) => {
    for (const [type, verdict] of [
      [0o020000, RET_USER_NOTIF],
      [0o060000, RET_USER_NOTIF],
      [0, RET_ALLOW],
      [0o010000, RET_ALLOW],
      [0o040000, RET_ALLOW],
      [0o100000, RET_ALLOW],
      [0o140000, RET_ALLOW],
    ] as const) {
      // The kernel takes sixteen bits of it.
      for (const mode of [type, type | 0o7777, BigInt(type) | 0xabcd_0000_0000n, type | 0x70000]) {
        t.is(outcome('mknodat', 0, 0, mode), verdict, mode.toString(8));
        if (numbers.has('mknod')) t.is(outcome('mknod', 0, mode), verdict, mode.toString(8));
      }
    }
  });
}

test('no call that waits for the network has the number of one that makes a device', (t) => {
  for (const machine of ['x64', 'arm64'] as const) {
    const devices = deviceCallNumbers(machine);
    t.true(devices.length <= 4);
    for (const { arch } of CASES.filter((some) => some.machine === machine))
      for (const { number } of networkTraps(syscallNumbers(arch)))
        t.false(number !== undefined && devices.includes(number));
  }
});

test('all that shows a status waits on its machine, and nothing of 32 bits', (t) => {
  for (const { machine, arch } of CASES) {
    const filter = trapFilter(machine, [statusTraps]);
    const verdict = (number: number): number => verdictOf(filter, systemCall(AUDIT_ARCH[arch], number)) >>> 0;
    const trapped = [...syscallNumbers(arch)].filter(([, number]) => verdict(number) === RET_USER_NOTIF);
    const wanted = {
      x64: ['fstat', 'lstat', 'newfstatat', 'stat', 'statx'],
      arm64: ['fstat', 'newfstatat', 'statx'],
      x86: [],
    };
    t.deepEqual(trapped.map(([name]) => name).toSorted(), wanted[arch]);
  }
});
