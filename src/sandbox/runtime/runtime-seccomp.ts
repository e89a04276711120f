// The seccomp profile in the words of the OCI runtime specification (config-linux.md "Seccomp"). Pure.
import { defaultProfile, EPERM, type ArgumentTest } from '../seccomp/default-profile.js';
import { syscallNumbers, type SeccompArch } from '../seccomp/syscall-numbers.js';

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

/** The bits of an argument that the kernel looks at. */
const ALL_BITS = 0xffffffff;

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
    anyOf.flatMap((test) =>
      argumentsOf(test).map((argument) => allow([names.get(number) ?? ''], [argument])),
    ),
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

/**
 * On the lower half of the argument; the runtime's other comparisons look at all 64 bits, of which the kernel ignores
 * the upper ones.
 */
function argumentsOf({ argument: index, ...test }: ArgumentTest): SeccompArgument[] {
  const masked = (mask: number, value: number): SeccompArgument => ({
    index,
    value: mask,
    valueTwo: value,
    op: 'SCMP_CMP_MASKED_EQ',
  });
  switch (test.kind) {
    case 'clear':
      return [masked(test.mask, 0)];
    case 'equals':
      return [masked(ALL_BITS, test.value)];
    case 'below':
      return alignedRuns(0, test.value).map(({ first, size }) => masked(ALL_BITS + 1 - size, first));
    case 'above':
      return alignedRuns(test.value + 1, ALL_BITS + 1).map(({ first, size }) =>
        masked(ALL_BITS + 1 - size, first),
      );
  }
}

/**
 * The numbers from `first` to before `end` as runs of a power of two that begin at a multiple of it: each is one mask.
 */
function alignedRuns(first: number, end: number): { readonly first: number; readonly size: number }[] {
  if (first >= end) return [];
  let size = 1;
  while (first % (size * 2) === 0 && first + size * 2 <= end) size *= 2;
  return [{ first, size }, ...alignedRuns(first + size, end)];
}
