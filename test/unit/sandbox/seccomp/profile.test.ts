import test from 'ava';
import fc from 'fast-check';
import { TsbuildError } from '../../../../src/core/errors.js';
import { AUDIT_ARCH } from '../../../../src/sandbox/seccomp/assemble-filter.js';
import { assembleProfile } from '../../../../src/sandbox/seccomp/assemble-profile.js';
import { allSyscallNumbers } from '../../../../src/sandbox/seccomp/other-syscall-numbers.js';
import { rulesOfProfile, type ProfileFacts } from '../../../../src/sandbox/seccomp/profile.js';
import { systemCall, verdictOf } from '../../../support/bpf.js';

const FACTS: ProfileFacts = { machine: 'x64', capabilities: 0n, kernel: '6.1.0-13-amd64' };
const [ALLOW, ERRNO, KILL_PROCESS] = [0x7fff0000, 0x00050000, 0x80000000];
const [EPERM, ENOSYS] = [1, 38];
const MASK = (1n << 64n) - 1n;

function judge(
  profile: object,
  call: { number: number; args?: readonly bigint[]; facts?: Partial<ProfileFacts> },
) {
  const rules = rulesOfProfile(JSON.stringify(profile), { ...FACTS, ...call.facts });
  return verdictOf(assembleProfile(rules), systemCall(AUDIT_ARCH.x64, call.number, ...(call.args ?? [])));
}

interface Entry {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly { index: number; value: number; valueTwo: number; op: string }[];
}

const VERDICT: Readonly<Record<string, number>> = {
  SCMP_ACT_ALLOW: ALLOW,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_ERRNO: ERRNO,
  SCMP_ACT_TRAP: 0x00030000,
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_PROCESS: KILL_PROCESS,
};
const COMPARE: Readonly<Record<string, (a: bigint, v: bigint, two: bigint) => boolean>> = {
  SCMP_CMP_EQ: (a, v) => a === v,
  SCMP_CMP_NE: (a, v) => a !== v,
  SCMP_CMP_LT: (a, v) => a < v,
  SCMP_CMP_LE: (a, v) => a <= v,
  SCMP_CMP_GT: (a, v) => a > v,
  SCMP_CMP_GE: (a, v) => a >= v,
  SCMP_CMP_MASKED_EQ: (a, v, two) => (a & v) === (two & v),
};

/** As the words of the profile say it, rule by rule. */
function naive(
  { defaultAction, syscalls }: { defaultAction: string; syscalls: readonly Entry[] },
  name: string,
  args: readonly bigint[],
): number {
  const of = (action: string, errno = EPERM): number =>
    (action === 'SCMP_ACT_ERRNO' ? ERRNO | errno : VERDICT[action]!) >>> 0;
  const byDefault = of(defaultAction);
  const rules = syscalls
    .filter(({ names }) => names.includes(name))
    .filter(({ action, errnoRet }) => of(action, errnoRet) !== byDefault);
  const holds = (entry: Entry): boolean => {
    const tests = entry.args ?? [];
    const results = tests.map(({ index, value, valueTwo, op }) =>
      COMPARE[op]!(args[index]!, BigInt(value), BigInt(valueTwo)),
    );
    const isRepeated = new Set(tests.map(({ index }) => index)).size < tests.length;
    return isRepeated ? results.includes(true) : !results.includes(false);
  };
  const tested = rules.filter((entry) => (entry.args ?? []).length > 0);
  const free = rules.filter((entry) => (entry.args ?? []).length === 0);
  const found = [...tested, ...free].find(holds);
  return found ? of(found.action, found.errnoRet) : byDefault;
}

const NAMES = ['read', 'write', 'open', 'clone', 'mount', 'unshare', 'bpf', 'socket', 'mseal'];
const numbers = fc.oneof(
  fc.integer({ min: 0, max: 5 }),
  fc.constantFrom(0xffffffff, 0x100000000, 0x100000001, 0x7e020000, 2 ** 40 + 7),
);
const entry = fc.record(
  {
    names: fc.subarray(NAMES, { minLength: 1 }),
    action: fc.constantFrom(...Object.keys(VERDICT)),
    errnoRet: fc.integer({ min: 0, max: 4095 }),
    args: fc.array(
      fc.record({
        index: fc.integer({ min: 0, max: 5 }),
        value: numbers,
        valueTwo: numbers,
        op: fc.constantFrom(...Object.keys(COMPARE)),
      }),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: ['names', 'action'] },
);

test('the filter says of every call what the profile says', (t) => {
  const known = allSyscallNumbers('x64');
  fc.assert(
    fc.property(
      fc.record({
        defaultAction: fc.constantFrom(...Object.keys(VERDICT)),
        // The last call, so that none of the others is newer than the profile.
        syscalls: fc
          .array(entry, { maxLength: 6 })
          .map((list) => [
            ...list,
            { names: ['file_setattr'], action: 'SCMP_ACT_ALLOW' },
            { names: ['file_setattr'], action: 'SCMP_ACT_LOG' },
          ]),
      }),
      fc.constantFrom(...NAMES),
      fc.array(numbers.map(BigInt), { minLength: 6, maxLength: 6 }),
      (profile, name, args) => {
        const verdict = judge(profile, { number: known.get(name)!, args });
        return verdict === naive(profile, name, args);
      },
    ),
    { numRuns: 3000 },
  );
  t.pass();
});

test('bits above 32 count', (t) => {
  const rule = {
    names: ['read'],
    action: 'SCMP_ACT_ALLOW',
    args: [{ index: 2, value: 7, op: 'SCMP_CMP_EQ' }],
  };
  const profile = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [rule] };
  t.is(judge(profile, { number: 0, args: [0n, 0n, 7n] }), ALLOW);
  t.is(judge(profile, { number: 0, args: [0n, 0n, (7n + (1n << 32n)) & MASK] }), ERRNO | EPERM);
});

test('capabilities, machines and kernels decide which rules apply', (t) => {
  const of = (conditions: object): object => ({
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [
      { names: ['mount'], action: 'SCMP_ACT_ALLOW', ...conditions },
      { names: ['file_setattr'], action: 'SCMP_ACT_ALLOW' },
    ],
  });
  const capabilities = 1n << 21n;
  const mount = 165;
  t.is(judge(of({ includes: { caps: ['CAP_SYS_ADMIN'] } }), { number: mount }), ERRNO | EPERM);
  t.is(
    judge(of({ includes: { caps: ['CAP_SYS_ADMIN'] } }), { number: mount, facts: { capabilities } }),
    ALLOW,
  );
  t.is(
    judge(of({ excludes: { caps: ['CAP_SYS_ADMIN'] } }), { number: mount, facts: { capabilities } }),
    ERRNO | EPERM,
  );
  t.is(judge(of({ includes: { arches: ['arm64'] } }), { number: mount }), ERRNO | EPERM);
  t.is(judge(of({ includes: { arches: ['amd64'], minKernel: '4.8' } }), { number: mount }), ALLOW);
  t.is(judge(of({ includes: { minKernel: '6.2' } }), { number: mount }), ERRNO | EPERM);
  t.is(judge(of({ excludes: { minKernel: '6.1' } }), { number: mount }), ERRNO | EPERM);
});

test('newer calls are not there, and other modes of the machine end the process', (t) => {
  const profile = {
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [{ names: ['read', 'nope'], action: 'SCMP_ACT_ALLOW' }],
  };
  t.is(judge(profile, { number: 1 }), ERRNO | ENOSYS);
  t.is(judge({ defaultAction: 'SCMP_ACT_ALLOW' }, { number: 999 }), ALLOW);
  t.is(judge({ defaultAction: 'SCMP_ACT_ALLOW' }, { number: 0x40000000 }), ERRNO | ENOSYS);
  const rules = rulesOfProfile(JSON.stringify(profile), FACTS);
  t.is(verdictOf(assembleProfile(rules), systemCall(AUDIT_ARCH.x86, 3)), KILL_PROCESS);
  const both = {
    ...profile,
    archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] }],
  };
  const narrow = assembleProfile(rulesOfProfile(JSON.stringify(both), FACTS));
  t.is(verdictOf(narrow, systemCall(AUDIT_ARCH.x86, 3)), ALLOW);
});

for (const [profile, code, word] of [
  ['{', 'OPTION_INVALID', /JSON/],
  [{ defaultAction: 'SCMP_ACT_NOTIFY' }, 'SANDBOX_UNSUPPORTED', /SCMP_ACT_NOTIFY/],
  [{}, 'SANDBOX_UNSUPPORTED', /defaultAction/],
  [{ syscalls: [{ names: ['read'], action: 'what' }] }, 'SANDBOX_UNSUPPORTED', /what/],
  [
    { syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, op: 'SCMP_CMP_X' }] }] },
    'SANDBOX_UNSUPPORTED',
    /SCMP_CMP_X/,
  ],
  [
    { syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW', args: [{ index: 6, op: 'SCMP_CMP_EQ' }] }] },
    'OPTION_INVALID',
    /argument 6/,
  ],
  [{ syscalls: [{ names: [1], action: 'SCMP_ACT_ALLOW' }] }, 'OPTION_INVALID', /names/],
  [{ syscalls: {} }, 'OPTION_INVALID', /syscalls/],
  [{ architectures: ['a'], archMap: [{}] }, 'OPTION_INVALID', /archMap/],
] as const)
  test(`refused: ${JSON.stringify(profile)}`, (t) => {
    const text =
      typeof profile === 'string'
        ? profile
        : JSON.stringify({
            ...(word.source === 'defaultAction' ? {} : { defaultAction: 'SCMP_ACT_ALLOW' }),
            ...profile,
          });
    const error = t.throws(() => rulesOfProfile(text, FACTS), { instanceOf: TsbuildError });
    t.is(error.code, code);
    t.regex(error.message, word);
  });
