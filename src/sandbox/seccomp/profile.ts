// A profile of seccomp in docker's JSON format (moby/profiles seccomp/seccomp.go, runtime-spec config-linux.md), and
// the rules of it that apply to one container. Pure.
import { TsbuildError } from '../../core/errors.js';
import { CAPABILITY_NAMES } from '../capabilities.js';
import { RET_ALLOW, RET_ERRNO, RET_KILL_PROCESS } from './assemble-filter.js';
import { EPERM } from './default-profile.js';
import { allSyscallNumbers } from './other-syscall-numbers.js';
import type { SeccompArch } from './syscall-numbers.js';

/** What a filter returns (SECCOMP_RET_*), with its data. */
export type SeccompVerdict = number;

export type Comparison = 'NE' | 'LT' | 'LE' | 'EQ' | 'GE' | 'GT' | 'MASKED_EQ';

/** On all 64 bits. With MASKED_EQ `value` is the mask, and `valueTwo` what is left. */
export interface SeccompTest {
  readonly index: number;
  readonly op: Comparison;
  readonly value: bigint;
  readonly valueTwo: bigint;
}

/** Of one call: the verdict when all tests hold. */
export interface SeccompRule {
  readonly tests: readonly SeccompTest[];
  readonly verdict: SeccompVerdict;
}

/** Of one machine mode. Of the rules of a call the first that holds counts; those with tests come before others. */
export interface SeccompRules {
  readonly arch: SeccompArch;
  readonly byDefault: SeccompVerdict;
  readonly calls: ReadonlyMap<number, readonly SeccompRule[]>;
}

/** What the conditions of a profile ask for. */
export interface ProfileFacts {
  readonly machine: 'x64' | 'arm64';
  /** Bit n = capability n. */
  readonly capabilities: bigint;
  /** `6.1.0`, as uname(2) has it. */
  readonly kernel: string;
}

const VERDICTS: Readonly<Record<string, (errno: number) => SeccompVerdict>> = {
  SCMP_ACT_ALLOW: () => RET_ALLOW,
  SCMP_ACT_LOG: () => 0x7ffc0000,
  SCMP_ACT_TRACE: (errno) => 0x7ff00000 | errno,
  SCMP_ACT_ERRNO: (errno) => RET_ERRNO | errno,
  SCMP_ACT_TRAP: () => 0x00030000,
  SCMP_ACT_KILL: () => 0,
  SCMP_ACT_KILL_THREAD: () => 0,
  SCMP_ACT_KILL_PROCESS: () => RET_KILL_PROCESS,
};
const COMPARISONS: readonly string[] = ['NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ'];
const GO_ARCH = { x64: 'amd64', arm64: 'arm64' } as const;
const NATIVE = { x64: 'SCMP_ARCH_X86_64', arm64: 'SCMP_ARCH_AARCH64' } as const;

type Json = Readonly<Record<string, unknown>>;

/**
 * @param text JSON
 * @throws TsbuildError OPTION_INVALID for what is no profile; SANDBOX_UNSUPPORTED for an action or a comparison that is
 * not known
 */
export function rulesOfProfile(text: string, facts: ProfileFacts): readonly SeccompRules[] {
  const profile = objectOf(parsed(text), 'the profile');
  const byDefault = verdictOf(profile['defaultAction'], profile['defaultErrnoRet'], 'defaultAction');
  const entries = listOf(profile['syscalls'] ?? [], 'syscalls').map((entry) => objectOf(entry, 'syscalls[]'));
  const rules = entries
    .flatMap((entry) => rulesOfEntry(entry, facts))
    .filter(({ rule }) => rule.verdict !== byDefault);
  return machinesOf(profile, facts.machine).map((arch) => {
    const numbers = allSyscallNumbers(arch);
    const calls = new Map<number, readonly SeccompRule[]>();
    for (const { name, rule } of rules) {
      const number = numbers.get(name);
      // As runc: what this machine does not have needs no rule.
      if (number !== undefined) calls.set(number, [...(calls.get(number) ?? []), rule]);
    }
    return {
      arch,
      byDefault,
      calls: new Map([...calls].map(([number, list]) => [number, testedFirst(list)])),
    };
  });
}

function testedFirst(rules: readonly SeccompRule[]): readonly SeccompRule[] {
  return [
    ...rules.filter(({ tests }) => tests.length > 0),
    ...rules.filter(({ tests }) => tests.length === 0),
  ];
}

interface NamedRule {
  readonly name: string;
  readonly rule: SeccompRule;
}

function rulesOfEntry(entry: Json, facts: ProfileFacts): readonly NamedRule[] {
  const verdict = verdictOf(entry['action'], entry['errnoRet'], 'action');
  const tests = listOf(entry['args'] ?? [], 'args').map(testOf);
  const single = entry['name'] === undefined || entry['name'] === '' ? [] : [entry['name']];
  const names = [...single, ...listOf(entry['names'] ?? [], 'names')].map((name) => {
    if (typeof name !== 'string') throw invalid('names of calls are texts');
    return name;
  });
  if (!applies(entry, facts)) return [];
  // As runc: two tests of one argument are two rules, of which one is enough.
  const isRepeated = new Set(tests.map(({ index }) => index)).size < tests.length;
  const alternatives = isRepeated ? tests.map((test) => [test]) : [tests];
  return names.flatMap((name) => alternatives.map((all) => ({ name, rule: { tests: all, verdict } })));
}

function applies(entry: Json, { machine, capabilities, kernel }: ProfileFacts): boolean {
  const includes = objectOf(entry['includes'] ?? {}, 'includes');
  const excludes = objectOf(entry['excludes'] ?? {}, 'excludes');
  const has = (name: unknown): boolean => {
    const bit = CAPABILITY_NAMES.indexOf(String(name).replace(/^CAP_/, ''));
    return bit >= 0 && ((capabilities >> BigInt(bit)) & 1n) === 1n;
  };
  const list = (of: Json, key: string): readonly unknown[] => listOf(of[key] ?? [], key);
  const arches = list(includes, 'arches');
  const least = includes['minKernel'];
  const below = excludes['minKernel'];
  return (
    list(includes, 'caps').every(has) &&
    !list(excludes, 'caps').some(has) &&
    (arches.length === 0 || arches.includes(GO_ARCH[machine])) &&
    !list(excludes, 'arches').includes(GO_ARCH[machine]) &&
    (least === undefined || least === '' || isAtLeast(kernel, least)) &&
    !(below !== undefined && below !== '' && isAtLeast(kernel, below))
  );
}

function isAtLeast(kernel: string, wanted: unknown): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)$/.exec(String(wanted)) ?? [];
  if (major === undefined) throw invalid(`minKernel ${JSON.stringify(wanted)} is no version such as 4.8`);
  const [own = 0, ownMinor = 0] = kernel.split(/[^\d]/).map(Number);
  return own > Number(major) || (own === Number(major) && ownMinor >= Number(minor));
}

function machinesOf(profile: Json, machine: 'x64' | 'arm64'): readonly SeccompArch[] {
  const maps = listOf(profile['archMap'] ?? [], 'archMap').map((map) => objectOf(map, 'archMap[]'));
  const flat = listOf(profile['architectures'] ?? [], 'architectures');
  if (maps.length > 0 && flat.length > 0)
    throw invalid("use either 'architectures' or 'archMap' in the seccomp profile, not both");
  const own = maps.find(({ architecture }) => architecture === NATIVE[machine]);
  const others = own ? listOf(own['subArchitectures'] ?? [], 'subArchitectures') : flat;
  return machine === 'x64' && others.includes('SCMP_ARCH_X86') ? ['x64', 'x86'] : [machine];
}

function verdictOf(action: unknown, errno: unknown, key: string): SeccompVerdict {
  const make = typeof action === 'string' ? VERDICTS[action] : undefined;
  if (!make)
    throw new TsbuildError(
      'SANDBOX_UNSUPPORTED',
      `the ${key} ${JSON.stringify(action)} of the seccomp profile is not known`,
      { hint: `the actions are ${Object.keys(VERDICTS).join(', ')}` },
    );
  if (errno !== undefined && !(Number.isInteger(errno) && Number(errno) >= 0 && Number(errno) <= 4095))
    throw invalid(`errnoRet ${JSON.stringify(errno)} is no errno`);
  return make(errno === undefined ? EPERM : Number(errno));
}

function testOf(given: unknown): SeccompTest {
  const { index, value = 0, valueTwo = 0, op } = objectOf(given, 'args[]');
  const comparison = String(op).replace(/^SCMP_CMP_/, '');
  if (!COMPARISONS.includes(comparison))
    throw new TsbuildError(
      'SANDBOX_UNSUPPORTED',
      `the comparison ${JSON.stringify(op)} of the seccomp profile is not known`,
      { hint: `the comparisons are ${COMPARISONS.map((name) => `SCMP_CMP_${name}`).join(', ')}` },
    );
  if (!Number.isInteger(index) || Number(index) < 0 || Number(index) > 5)
    throw invalid(`the argument ${JSON.stringify(index)} of a call is not there: they are 0 to 5`);
  return {
    index: Number(index),
    op: comparison as Comparison,
    value: numberOf(value),
    valueTwo: numberOf(valueTwo),
  };
}

/** Up to 2^64 - 1. JSON's larger numbers lose their last bits: they are told, and not guessed. */
function numberOf(value: unknown): bigint {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 64) {
    if (Number.isSafeInteger(value) || value === 2 ** 63) return BigInt(value);
    throw invalid(`the value ${value} of an argument is beyond 2^53`);
  }
  throw invalid(`the value ${JSON.stringify(value)} of an argument is no number from 0 on`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TsbuildError('OPTION_INVALID', 'the seccomp profile is no JSON', { cause });
  }
}

function objectOf(value: unknown, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw invalid(`${what} of the seccomp profile is no object`);
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid(`${what} of the seccomp profile is no list`);
}

function invalid(message: string): TsbuildError {
  return new TsbuildError('OPTION_INVALID', message, {
    hint: "see docker's default profile for the format: https://github.com/moby/profiles",
  });
}
