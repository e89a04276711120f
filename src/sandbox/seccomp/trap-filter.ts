// A filter that stops some calls of a command until the worker or the supervisor has looked at them. It is installed
// beside the filter of the profile: the strictest verdict of all filters counts, and a refusal is stricter than a
// notification (seccomp(2)). A process can have only one filter that stops calls. Pure.
import {
  ARCH_OFFSET,
  AUDIT_ARCH,
  jump,
  JUMP_EQUAL,
  load,
  NUMBER_OFFSET,
  result,
  RET_ALLOW,
  type Instruction,
} from './assemble-filter.js';
import { syscallNumbers, type SeccompArch } from './syscall-numbers.js';

export interface Trap {
  /** Undefined: the machine has no such call. */
  readonly number: number | undefined;
  /** Judge the arguments; each way through them ends with a verdict. */
  readonly tests: readonly Instruction[];
}

/** The traps of a machine, from the numbers of its calls. */
export type Traps = (numbers: ReadonlyMap<string, number>) => readonly Trap[];

/** Allows everything else, other machines included: they are for the profile to refuse. */
export function trapFilter(machine: 'x64' | 'arm64', kinds: readonly Traps[]): Instruction[] {
  const archs: readonly SeccompArch[] = machine === 'x64' ? ['x64', 'x86'] : ['arm64'];
  const blocks = archs.map((arch) => ({ arch, block: archBlock(arch, kinds) }));
  return [
    load(ARCH_OFFSET),
    ...blocks.flatMap(({ arch, block }) => [jump(JUMP_EQUAL, AUDIT_ARCH[arch], 0, block.length), ...block]),
    result(RET_ALLOW),
  ];
}

function archBlock(arch: SeccompArch, kinds: readonly Traps[]): Instruction[] {
  const numbers = syscallNumbers(arch);
  return [
    load(NUMBER_OFFSET),
    ...kinds
      .flatMap((trapsOf) => trapsOf(numbers))
      .flatMap(({ number, tests }) =>
        number === undefined ? [] : [jump(JUMP_EQUAL, number, 0, tests.length), ...tests],
      ),
    result(RET_ALLOW),
  ];
}
