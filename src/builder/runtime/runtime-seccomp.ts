// The seccomp profile in the words of the OCI runtime specification (config-linux.md "Seccomp"). Pure.
import { defaultProfile, EPERM, type ArgumentTest } from '../sandbox/seccomp/default-profile.js';
import { syscallNumbers, type SeccompArch } from '../sandbox/seccomp/syscall-numbers.js';

export interface RuntimeSeccomp {
  readonly defaultAction: string;
  readonly defaultErrnoRet: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly SeccompRule[];
}

interface SeccompRule {
  readonly names: readonly string[];
  readonly action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO';
  readonly errnoRet?: number;
  readonly args?: readonly SeccompArgument[];
}

interface SeccompArgument {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: string;
}

const ARCHITECTURE: Readonly<Record<SeccompArch, string>> = {
  x64: 'SCMP_ARCH_X86_64',
  x86: 'SCMP_ARCH_X86',
  arm64: 'SCMP_ARCH_AARCH64',
};

/** Equal to the filter that the launcher installs. */
export function runtimeSeccomp(machine: 'x64' | 'arm64'): RuntimeSeccomp {
  const profile = defaultProfile(machine);
  const allowed = new Set<string>();
  for (const { arch, allowed: numbers } of profile) {
    const names = namesOf(arch);
    for (const number of numbers) allowed.add(names.get(number) ?? '');
  }
  const [native] = profile;
  const names = namesOf(native?.arch ?? machine);
  const rules = (native?.conditional ?? []).flatMap(({ number, anyOf }) =>
    anyOf.map((test) => allow([names.get(number) ?? ''], [argumentOf(test)])),
  );
  const failing = (native?.failing ?? []).map(({ number, errno }): SeccompRule => ({
    names: [names.get(number) ?? ''],
    action: 'SCMP_ACT_ERRNO',
    errnoRet: errno,
  }));
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: EPERM,
    architectures: profile.map(({ arch }) => ARCHITECTURE[arch]),
    syscalls: [allow([...allowed].sort()), ...rules, ...failing],
  };
}

function namesOf(arch: SeccompArch): ReadonlyMap<number, string> {
  return new Map([...syscallNumbers(arch)].map(([name, number]) => [number, name]));
}

function allow(names: readonly string[], args?: readonly SeccompArgument[]): SeccompRule {
  return { names, action: 'SCMP_ACT_ALLOW', ...(args && { args }) };
}

function argumentOf(test: ArgumentTest): SeccompArgument {
  const index = test.argument;
  if (test.kind === 'clear') return { index, value: test.mask, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' };
  return { index, value: test.value, op: test.kind === 'below' ? 'SCMP_CMP_LT' : 'SCMP_CMP_EQ' };
}
