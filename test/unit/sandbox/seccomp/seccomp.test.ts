// The filter is judged by running it.
import test from 'ava';
import fc from 'fast-check';
import {
  assembleFilter,
  AUDIT_ARCH,
  encodeProgram,
  RET_ALLOW,
  RET_ERRNO,
  RET_KILL_PROCESS,
} from '../../../../src/sandbox/seccomp/assemble-filter.js';
import { defaultProfile } from '../../../../src/sandbox/seccomp/default-profile.js';
import { syscallNumbers, type SeccompArch } from '../../../../src/sandbox/seccomp/syscall-numbers.js';
import { systemCall, verdictOf } from '../../../support/bpf.js';

const EPERM = RET_ERRNO | 1;
const ENOSYS = RET_ERRNO | 38;

const programs = {
  x64: assembleFilter(defaultProfile('x64')),
  arm64: assembleFilter(defaultProfile('arm64')),
};

const CASES: readonly { machine: 'x64' | 'arm64'; arch: SeccompArch }[] = [
  { machine: 'x64', arch: 'x64' },
  { machine: 'x64', arch: 'x86' },
  { machine: 'arm64', arch: 'arm64' },
];

for (const { machine, arch } of CASES) {
  const numbers = syscallNumbers(arch);
  const outcome = (name: string, ...args: readonly (number | bigint)[]): number =>
    verdictOf(programs[machine], systemCall(AUDIT_ARCH[arch], numbers.get(name) ?? Number.NaN, ...args));

  test(`${arch}: every number is allowed exactly when the profile lists it`, (t) => {
    const special = new Set(['socket', 'socketcall', 'personality', 'clone', 'clone3']);
    const allowed = new Set([...numbers].filter(([name]) => !special.has(name)).map(([, number]) => number));
    const conditional = new Set([...special].map((name) => numbers.get(name)));
    const last = 466;
    for (let number = 0; number < 1000; number++) {
      if (conditional.has(number)) continue;
      t.is(
        verdictOf(programs[machine], systemCall(AUDIT_ARCH[arch], number)),
        allowed.has(number) ? RET_ALLOW : number > last ? ENOSYS : EPERM,
        String(number),
      );
    }
  });

  test(`${arch}: calls are judged by their arguments`, (t) => {
    for (let family = 0; family < 100; family++)
      t.is(outcome('socket', family), [38, 40].includes(family) ? EPERM : RET_ALLOW, `family ${family}`);
    for (const persona of [0, 8, 0x20000, 0x20008, 0xffffffff])
      t.is(outcome('personality', persona), RET_ALLOW);
    for (const persona of [1, 0x40000]) t.is(outcome('personality', persona), EPERM);
    t.is(outcome('clone', 0x01200011), RET_ALLOW);
    for (const bit of [17, 25, 26, 27, 28, 29, 30]) t.is(outcome('clone', 2 ** bit), EPERM, `bit ${bit}`);
    t.is(outcome('clone3'), ENOSYS);
  });

  test(`${arch}: what the kernel does not see of an argument hides nothing`, (t) => {
    const upper = 1n << 32n;
    for (const family of [38n, 40n]) t.is(outcome('socket', upper | family), EPERM);
    t.is(outcome('socket', upper | 2n), RET_ALLOW);
    // socket(-1) of a C library that extends the sign: the kernel knows no such family.
    t.is(outcome('socket', 0xffffffffffffffffn), RET_ALLOW);
    t.is(outcome('personality', upper | 0x40000n), EPERM);
    t.is(outcome('personality', 0xffffffffffffffffn), RET_ALLOW);
    t.is(outcome('clone', upper | 0x10000000n), EPERM);
  });

  test(`${arch}: numbers above the last one known do not exist`, (t) => {
    for (const number of [467, 470, 480, 600, 999, 1024, 0x3fffffff, 0xffffffff])
      t.is(verdictOf(programs[machine], systemCall(AUDIT_ARCH[arch], number)), ENOSYS, String(number));
  });
}

test('socketcall(2) makes no socket: the address family lies where a filter cannot see it', (t) => {
  const number = syscallNumbers('x86').get('socketcall') ?? Number.NaN;
  const outcome = (call: number): number =>
    verdictOf(programs.x64, systemCall(AUDIT_ARCH.x86, number, call, 0x1000));
  t.is(outcome(1), ENOSYS);
  // bind to sendmmsg, which need a socket that is there.
  for (let call = 2; call <= 20; call++) t.is(outcome(call), RET_ALLOW, String(call));
});

test('the x32 mode of x64 does not exist, another machine ends the process', (t) => {
  for (const number of [0, 41, 165, 520, 547])
    t.is(verdictOf(programs.x64, systemCall(AUDIT_ARCH.x64, 0x40000000 + number)), ENOSYS);
  t.is(verdictOf(programs.x64, systemCall(AUDIT_ARCH.arm64, 0)) >>> 0, RET_KILL_PROCESS);
  t.is(verdictOf(programs.arm64, systemCall(AUDIT_ARCH.x64, 0)) >>> 0, RET_KILL_PROCESS);
});

test('property: any set of numbers is matched exactly', (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(600), { maxLength: 300 }), fc.nat(620), (allowed, number) => {
      const rules = {
        arch: 'arm64',
        last: 610,
        allowed: allowed.toSorted((a, b) => a - b),
        conditional: [],
        failing: [],
      } as const;
      const verdict = verdictOf(assembleFilter([rules]), systemCall(AUDIT_ARCH.arm64, number));
      return verdict === (number > 610 ? ENOSYS : allowed.includes(number) ? RET_ALLOW : EPERM);
    }),
  );
  t.pass();
});

test('the kernel takes at most 4096 instructions of 8 bytes', (t) => {
  for (const program of Object.values(programs)) {
    t.true(program.length < 4096);
    t.is(encodeProgram(program).length, program.length * 8);
  }
});
