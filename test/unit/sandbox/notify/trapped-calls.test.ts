import test from 'ava';
import { handlersByNumber } from '../../../../src/sandbox/notify/handlers.js';
import { openProfile, supervisedRules, trappedCalls } from '../../../../src/sandbox/notify/trapped-calls.js';
import {
  assembleFilter,
  AUDIT_ARCH,
  encodeProgram,
  RET_ALLOW,
  RET_ERRNO,
  RET_USER_NOTIF,
} from '../../../../src/sandbox/seccomp/assemble-filter.js';
import { defaultProfile } from '../../../../src/sandbox/seccomp/default-profile.js';
import { syscallNumbers, type SeccompArch } from '../../../../src/sandbox/seccomp/syscall-numbers.js';
import { systemCall, verdictOf } from '../../../support/bpf.js';

const AS_ROOT = { isGuarded: false };

const MACHINES: readonly { machine: 'x64' | 'arm64'; arch: SeccompArch }[] = [
  { machine: 'x64', arch: 'x64' },
  { machine: 'x64', arch: 'x86' },
  { machine: 'arm64', arch: 'arm64' },
];

for (const { machine, arch } of MACHINES) {
  const numbers = syscallNumbers(arch);
  const program = assembleFilter(supervisedRules(defaultProfile(machine), AS_ROOT));
  const outcome = (name: string, ...args: readonly number[]): number =>
    verdictOf(program, systemCall(AUDIT_ARCH[arch], numbers.get(name) ?? Number.NaN, ...args));

  test(`${arch}: everything that is trapped has a handler`, (t) => {
    const handlers = handlersByNumber(arch);
    t.is(handlers.size, trappedCalls(arch, { isGuarded: true }).length);
    t.true(handlers.size > 20);
  });

  test(`${arch}: the filter traps what it should, and only that`, (t) => {
    const trapped = new Map(trappedCalls(arch, AS_ROOT).map((call) => [call.name, call]));
    for (const name of numbers.keys()) {
      const call = trapped.get(name);
      if (call && !call.onlyWith) t.is(outcome(name), RET_USER_NOTIF, name);
      else t.not(outcome(name), RET_USER_NOTIF, name);
    }
  });

  test(`${arch}: opening is trapped only when it may create, and newer forms do not exist`, (t) => {
    t.is(outcome('openat', 0, 0, 0), RET_ALLOW);
    t.is(outcome('openat', 0, 0, 0o101), RET_USER_NOTIF);
    t.is(outcome('openat2'), RET_ERRNO | 38);
  });

  test(`${arch}: the program is one that the kernel takes`, (t) => {
    t.true(encodeProgram(program).length / 8 < 4096);
  });
}

test('limits and process controls are trapped by their first argument alone', (t) => {
  const program = assembleFilter(supervisedRules(defaultProfile('x64'), AS_ROOT));
  const numbers = syscallNumbers('x64');
  const outcome = (name: string, ...args: readonly number[]): number =>
    verdictOf(program, systemCall(AUDIT_ARCH.x64, numbers.get(name) ?? Number.NaN, ...args));
  t.is(outcome('prlimit64', 0, 10), RET_USER_NOTIF);
  t.is(outcome('prlimit64', 0, 7), RET_ALLOW);
  t.is(outcome('prctl', 8, 1), RET_USER_NOTIF);
  t.is(outcome('prctl', 38, 1), RET_ALLOW);
});

test('without a profile everything is allowed, and owners are still recorded', (t) => {
  const program = assembleFilter(supervisedRules(openProfile(defaultProfile('x64')), AS_ROOT));
  t.is(verdictOf(program, systemCall(AUDIT_ARCH.x64, 165)), RET_ALLOW);
  t.is(verdictOf(program, systemCall(AUDIT_ARCH.x64, 92)), RET_USER_NOTIF);
});

test('steps of other users than root are guarded when they open and change what is there', (t) => {
  const program = assembleFilter(supervisedRules(defaultProfile('x64'), { isGuarded: true }));
  const numbers = syscallNumbers('x64');
  const outcome = (name: string, ...args: readonly number[]): number =>
    verdictOf(program, systemCall(AUDIT_ARCH.x64, numbers.get(name) ?? Number.NaN, ...args));
  t.is(outcome('unlinkat'), RET_USER_NOTIF);
  t.is(outcome('openat', 0, 0, 1), RET_USER_NOTIF);
  t.is(outcome('openat', 0, 0, 0), RET_USER_NOTIF);
  t.is(outcome('faccessat'), RET_USER_NOTIF);
  t.is(outcome('read'), RET_ALLOW);
});
