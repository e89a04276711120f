import test from 'ava';
import {
  assembleFilter,
  AUDIT_ARCH,
  RET_ALLOW,
  RET_ERRNO,
  RET_KILL_PROCESS,
  RET_USER_NOTIF,
} from '../../../../src/sandbox/seccomp/assemble-filter.js';
import { defaultProfile } from '../../../../src/sandbox/seccomp/default-profile.js';
import { networkTraps } from '../../../../src/sandbox/seccomp/call-traps.js';
import { trapFilter } from '../../../../src/sandbox/seccomp/trap-filter.js';
import { syscallNumbers, type SeccompArch } from '../../../../src/sandbox/seccomp/syscall-numbers.js';
import { systemCall, verdictOf } from '../../../support/bpf.js';

const CASES: readonly { machine: 'x64' | 'arm64'; arch: SeccompArch }[] = [
  { machine: 'x64', arch: 'x64' },
  { machine: 'x64', arch: 'x86' },
  { machine: 'arm64', arch: 'arm64' },
];

/** The kernel compares the actions as signed numbers: the smallest counts. */
const strictest = (a: number, b: number): number => ((a | 0) <= (b | 0) ? a : b) >>> 0;

for (const { machine, arch } of CASES) {
  const numbers = syscallNumbers(arch);
  const [traps, profile] = [trapFilter(machine, [networkTraps]), assembleFilter(defaultProfile(machine))];
  const both = (data: Buffer): number => strictest(verdictOf(traps, data), verdictOf(profile, data));
  const outcome = (name: string, ...args: readonly (number | bigint)[]): number =>
    both(systemCall(AUDIT_ARCH[arch], numbers.get(name) ?? Number.NaN, ...args));

  test(`${arch}: sockets of all families but AF_UNIX wait, those that the profile refuses are refused`, (t) => {
    for (const family of [0, 2, 10, 11, 12, 16, 17, 45, 46, (1n << 32n) | 2n])
      t.is(outcome('socket', family, 1, 0), RET_USER_NOTIF, `family ${family}`);
    t.is(outcome('socket', 1, 1, 0), RET_ALLOW);
    for (const family of [38, 40, (1n << 32n) | 40n])
      t.is(outcome('socket', family), RET_ERRNO | 1, `family ${family}`);
  });

  test(`${arch}: the audit system is no network, other netlink is`, (t) => {
    t.is(outcome('socket', 16, 3, 9), RET_ALLOW);
    for (const protocol of [0, 4, 12, 15, 16]) t.is(outcome('socket', 16, 3, protocol), RET_USER_NOTIF);
    t.is(outcome('socket', 2, 3, 9), RET_USER_NOTIF);
  });

  test(`${arch}: requests about interfaces wait, whatever the socket is`, (t) => {
    for (const request of [0x8900, 0x8910, 0x8933, 0x89ff])
      t.is(outcome('ioctl', 3, request), RET_USER_NOTIF, request.toString(16));
    for (const request of [0, 0x5401, 0x541b, 0x88ff, 0x8a00, 0xc0502100])
      t.is(outcome('ioctl', 3, request), RET_ALLOW, request.toString(16));
  });

  test(`${arch}: every other call is what the profile makes of it`, (t) => {
    const trapped = new Set(['socket', 'ioctl'].map((name) => numbers.get(name)));
    for (let number = 0; number < 1000; number++) {
      if (trapped.has(number)) continue;
      const data = systemCall(AUDIT_ARCH[arch], number);
      t.is(both(data), verdictOf(profile, data) >>> 0, String(number));
    }
  });
}

test('no way around: io_uring, the x32 mode and socketcall(2) stay refused, another machine ends the process', (t) => {
  const [traps, profile] = [trapFilter('x64', [networkTraps]), assembleFilter(defaultProfile('x64'))];
  const outcome = (data: Buffer): number => strictest(verdictOf(traps, data), verdictOf(profile, data));
  for (const number of [425, 426, 427]) t.is(outcome(systemCall(AUDIT_ARCH.x64, number, 2)), RET_ERRNO | 1);
  const ENOSYS = RET_ERRNO | 38;
  t.is(outcome(systemCall(AUDIT_ARCH.x64, 0x40000000 + 41, 2)), ENOSYS);
  t.is(outcome(systemCall(AUDIT_ARCH.x86, syscallNumbers('x86').get('socketcall')!, 1)), ENOSYS);
  t.is(outcome(systemCall(AUDIT_ARCH.arm64, 198, 2)), RET_KILL_PROCESS);
});
