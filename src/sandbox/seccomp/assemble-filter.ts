// From seccomp rules to a classic BPF program (linux/filter.h, linux/seccomp.h, seccomp(2)). Pure. Layout: one block
// per machine; in a block the few calls with conditions come first, then a binary search over ranges of numbers.
import { ENOSYS, EPERM, type ArchRules, type ArgumentTest, type TrapCondition } from './default-profile.js';
import type { SeccompArch } from './syscall-numbers.js';

/** One struct sock_filter. */
export interface Instruction {
  readonly code: number;
  /** Instructions to skip when a jump is taken and when not, 0..255. */
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

export const RET_ALLOW = 0x7fff0000;
export const RET_ERRNO = 0x00050000;
export const RET_KILL_PROCESS = 0x80000000;
export const RET_USER_NOTIF = 0x7fc00000;

/** AUDIT_ARCH_* of linux/audit.h. */
export const AUDIT_ARCH: Readonly<Record<SeccompArch, number>> = {
  x64: 0xc000003e,
  x86: 0x40000003,
  arm64: 0xc00000b7,
};

const LOAD_WORD = 0x20;
const JUMP = 0x05;
export const JUMP_EQUAL = 0x15;
export const JUMP_GREATER_OR_EQUAL = 0x35;
const JUMP_ANY_BIT = 0x45;
const RETURN = 0x06;

/** Offsets in struct seccomp_data. */
export const NUMBER_OFFSET = 0;
export const ARCH_OFFSET = 4;
const ARGUMENTS_OFFSET = 16;

/** Of the lower half of an argument. */
export function argumentOffset(argument: number): number {
  return ARGUMENTS_OFFSET + 8 * argument;
}

/** The program as the kernel takes it: little-endian struct sock_filter array. */
export function encodeProgram(program: readonly Instruction[]): Uint8Array {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach((instruction, i) => {
    bytes.writeUInt16LE(instruction.code, i * 8);
    bytes.writeUInt8(instruction.jt, i * 8 + 2);
    bytes.writeUInt8(instruction.jf, i * 8 + 3);
    bytes.writeUInt32LE(instruction.k >>> 0, i * 8 + 4);
  });
  return bytes;
}

/** Calls made in a machine mode without rules end the process, as libseccomp does. */
export function assembleFilter(rules: readonly ArchRules[]): Instruction[] {
  const program: Instruction[] = [load(ARCH_OFFSET)];
  for (const arch of rules) {
    const block = archBlock(arch);
    // The block may be longer than a conditional jump reaches.
    program.push(
      jump(JUMP_EQUAL, AUDIT_ARCH[arch.arch], 1, 0),
      { code: JUMP, jt: 0, jf: 0, k: block.length },
      ...block,
    );
  }
  program.push(result(RET_KILL_PROCESS));
  return program;
}

function archBlock(rules: ArchRules): Instruction[] {
  const block: Instruction[] = [
    load(NUMBER_OFFSET),
    jump(JUMP_GREATER_OR_EQUAL, rules.last + 1, 0, 1),
    result(RET_ERRNO | ENOSYS),
  ];
  for (const { number, errno } of rules.failing)
    block.push(jump(JUMP_EQUAL, number, 0, 1), result(RET_ERRNO | errno));
  for (const { number, onlyWith } of rules.trapped ?? []) {
    const trap = onlyWith ? conditionalTrap(onlyWith) : [result(RET_USER_NOTIF)];
    block.push(jump(JUMP_EQUAL, number, 0, trap.length), ...trap);
  }
  for (const { number, anyOf, errno = EPERM } of rules.conditional) {
    const tests = [...anyOf.flatMap(argumentTest), result(RET_ERRNO | errno)];
    block.push(jump(JUMP_EQUAL, number, 0, tests.length), ...tests);
  }
  return [...block, ...searchTree(rangesOf(rules.allowed))];
}

/**
 * Traps when the condition holds, else allows. The arguments are C ints: the kernel does not look at the upper half
 * either.
 */
function conditionalTrap(condition: TrapCondition): Instruction[] {
  return [
    load(argumentOffset(condition.argument)),
    'mask' in condition ? jump(JUMP_ANY_BIT, condition.mask, 0, 1) : jump(JUMP_EQUAL, condition.equals, 0, 1),
    result(RET_USER_NOTIF),
    result(RET_ALLOW),
  ];
}

/** Allows when the test holds, else goes on after itself. */
function argumentTest(test: ArgumentTest): Instruction[] {
  const low = load(argumentOffset(test.argument));
  switch (test.kind) {
    case 'clear':
      return [low, jump(JUMP_ANY_BIT, test.mask, 1, 0), result(RET_ALLOW)];
    case 'equals':
      return [low, jump(JUMP_EQUAL, test.value, 0, 1), result(RET_ALLOW)];
    case 'below':
      return [low, jump(JUMP_GREATER_OR_EQUAL, test.value, 1, 0), result(RET_ALLOW)];
    case 'above':
      return [low, jump(JUMP_GREATER_OR_EQUAL, test.value + 1, 0, 1), result(RET_ALLOW)];
  }
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/** Runs of consecutive numbers; the input is sorted. */
function rangesOf(numbers: readonly number[]): Range[] {
  const ranges: Range[] = [];
  for (const number of numbers) {
    const previous = ranges.at(-1);
    if (previous && number <= previous.last + 1)
      ranges[ranges.length - 1] = { first: previous.first, last: Math.max(previous.last, number) };
    else ranges.push({ first: number, last: number });
  }
  return ranges;
}

/** The accumulator holds the number: allow when it is in a range. */
function searchTree(ranges: readonly Range[]): Instruction[] {
  const only = ranges[0];
  if (!only) return [result(RET_ERRNO | EPERM)];
  if (ranges.length === 1) {
    return [
      jump(JUMP_GREATER_OR_EQUAL, only.first, 0, 1),
      jump(JUMP_GREATER_OR_EQUAL, only.last + 1, 0, 1),
      result(RET_ERRNO | EPERM),
      result(RET_ALLOW),
    ];
  }
  const middle = ranges.length >> 1;
  const below = searchTree(ranges.slice(0, middle));
  const above = searchTree(ranges.slice(middle));
  const pivot = ranges[middle]!.first;
  if (below.length <= 255) return [jump(JUMP_GREATER_OR_EQUAL, pivot, below.length, 0), ...below, ...above];
  return [
    jump(JUMP_GREATER_OR_EQUAL, pivot, 0, 1),
    { code: JUMP, jt: 0, jf: 0, k: below.length },
    ...below,
    ...above,
  ];
}

export function load(offset: number): Instruction {
  return { code: LOAD_WORD, jt: 0, jf: 0, k: offset };
}

export function jump(code: number, k: number, jt: number, jf: number): Instruction {
  if (jt > 255 || jf > 255) throw new Error('a conditional jump of BPF reaches 255 instructions');
  return { code, jt, jf, k };
}

export function result(value: number): Instruction {
  return { code: RETURN, jt: 0, jf: 0, k: value >>> 0 };
}
