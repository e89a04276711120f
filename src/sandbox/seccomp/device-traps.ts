// The calls that make a device: mknod(2) with a type that a user namespace refuses. All others are the kernel's alone, so that a step
// that makes no device waits for nobody. Pure.
import { S_IFBLK, S_IFCHR, S_IFMT } from '../../host/stat-layout.js';
import {
  argumentOffset,
  jump,
  JUMP_EQUAL,
  load,
  result,
  RET_ALLOW,
  RET_USER_NOTIF,
  type Instruction,
} from './assemble-filter.js';
import { syscallNumbers, type SeccompArch } from './syscall-numbers.js';
import type { Trap } from './trap-filter.js';

/** BPF_ALU | BPF_AND | BPF_K */
const AND = 0x54;

export function deviceTraps(numbers: ReadonlyMap<string, number>): Trap[] {
  return [
    { number: numbers.get('mknod'), tests: ofMode(1) },
    { number: numbers.get('mknodat'), tests: ofMode(2) },
  ];
}

/** Numbers that no other trapped call of the machine has, in none of its modes. */
export function deviceCallNumbers(machine: 'x64' | 'arm64'): number[] {
  const archs: readonly SeccompArch[] = machine === 'x64' ? ['x64', 'x86'] : ['arm64'];
  return archs.flatMap((arch) =>
    deviceTraps(syscallNumbers(arch)).flatMap(({ number }) => (number === undefined ? [] : [number])),
  );
}

function ofMode(argument: number): Instruction[] {
  return [
    load(argumentOffset(argument)),
    { code: AND, jt: 0, jf: 0, k: S_IFMT },
    jump(JUMP_EQUAL, S_IFCHR, 1, 0),
    jump(JUMP_EQUAL, S_IFBLK, 0, 1),
    result(RET_USER_NOTIF),
    result(RET_ALLOW),
  ];
}
