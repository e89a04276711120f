// From the rules of a profile to a classic BPF program. Pure. Layout: one block per machine; in a block the calls with
// tests come first, then a binary search over ranges of numbers with one verdict.
import {
  argumentOffset,
  ARCH_OFFSET,
  AUDIT_ARCH,
  jump,
  JUMP_EQUAL,
  JUMP_GREATER_OR_EQUAL,
  load,
  NUMBER_OFFSET,
  result,
  RET_ERRNO,
  RET_KILL_PROCESS,
  type Instruction,
} from './assemble-filter.js';
import { ENOSYS } from './default-profile.js';
import type { SeccompRule, SeccompRules, SeccompTest, SeccompVerdict } from './profile.js';

const JUMP_ALWAYS = 0x05;
const JUMP_GREATER = 0x25;
const AND = 0x54;
/** Numbers of x64 from here on are of its x32 mode, which a kernel need not have. */
const X32 = 0x40000000;
/** Verdicts that let a call happen. */
const LEAST_ALLOWING = 0x7ff00000;

/** Calls made in a machine mode without rules end the process. */
export function assembleProfile(rules: readonly SeccompRules[]): Instruction[] {
  const program: Instruction[] = [load(ARCH_OFFSET)];
  for (const one of rules) {
    const block = blockOf(one);
    program.push(jump(JUMP_EQUAL, AUDIT_ARCH[one.arch], 1, 0), always(block.length), ...block);
  }
  return [...program, result(RET_KILL_PROCESS)];
}

function blockOf({ arch, byDefault, calls }: SeccompRules): Instruction[] {
  const block = [load(NUMBER_OFFSET)];
  if (arch === 'x64') block.push(jump(JUMP_GREATER_OR_EQUAL, X32, 0, 1), result(RET_ERRNO | ENOSYS));
  // As runc (patchbpf): what is newer than a profile that lists what is allowed is as if the kernel had it not.
  const isRestrictive = byDefault >>> 0 < LEAST_ALLOWING || byDefault >>> 0 === RET_KILL_PROCESS;
  const last = Math.max(-1, ...calls.keys());
  if (isRestrictive) block.push(jump(JUMP_GREATER_OR_EQUAL, last + 1, 0, 1), result(RET_ERRNO | ENOSYS));
  const plain: (readonly [number, SeccompVerdict])[] = [];
  for (const [number, list] of calls) {
    const free = list.find(({ tests }) => tests.length === 0)?.verdict ?? byDefault;
    const tested = list.filter(({ tests }) => tests.length > 0);
    if (tested.length === 0) plain.push([number, free]);
    else {
      const code = [...tested.flatMap(codeOfRule), result(free)];
      block.push(jump(JUMP_EQUAL, number, 1, 0), always(code.length), ...code);
    }
  }
  return [...block, ...search(rangesOf(plain, byDefault))];
}

/** Returns the verdict when all tests hold, else goes on behind itself. */
function codeOfRule({ tests, verdict }: SeccompRule): Instruction[] {
  const parts = tests.map(codeOfTest);
  const length = parts.reduce((sum, part) => sum + part.length, 0) + 1;
  const code: Instruction[] = [];
  for (const part of parts) {
    const end = code.length + part.length;
    for (const step of part) {
      const here = code.length + 1;
      const to = { next: 0, holds: end - here, fails: length - here };
      code.push('load' in step ? step.load : jump(step.code, step.k, to[step.ifTrue], to[step.ifFalse]));
    }
  }
  return [...code, result(verdict)];
}

type Target = 'next' | 'holds' | 'fails';
type Step =
  | { readonly load: Instruction }
  | { readonly code: number; readonly k: number; readonly ifTrue: Target; readonly ifFalse: Target };

/** Upper half first. */
function codeOfTest({ index, op, value, valueTwo }: SeccompTest): readonly Step[] {
  const [low, high] = halves(value);
  const loadLow = { load: load(argumentOffset(index)) };
  const loadHigh = { load: load(argumentOffset(index) + 4) };
  const ifEqual = (k: number, ifTrue: Target, ifFalse: Target): Step => ({
    code: JUMP_EQUAL,
    k,
    ifTrue,
    ifFalse,
  });
  const compare = (code: number, holds: Target, fails: Target): readonly Step[] => [
    loadHigh,
    { code: JUMP_GREATER, k: high, ifTrue: holds, ifFalse: 'next' },
    ifEqual(high, 'next', fails),
    loadLow,
    { code, k: low, ifTrue: holds, ifFalse: fails },
  ];
  switch (op) {
    case 'EQ':
      return [loadHigh, ifEqual(high, 'next', 'fails'), loadLow, ifEqual(low, 'holds', 'fails')];
    case 'NE':
      return [loadHigh, ifEqual(high, 'next', 'holds'), loadLow, ifEqual(low, 'fails', 'holds')];
    case 'GE':
      return compare(JUMP_GREATER_OR_EQUAL, 'holds', 'fails');
    case 'GT':
      return compare(JUMP_GREATER, 'holds', 'fails');
    case 'LT':
      return compare(JUMP_GREATER_OR_EQUAL, 'fails', 'holds');
    case 'LE':
      return compare(JUMP_GREATER, 'fails', 'holds');
    case 'MASKED_EQ': {
      const [wantedLow, wantedHigh] = halves(valueTwo & value);
      const and = (k: number): Step => ({ load: { code: AND, jt: 0, jf: 0, k } });
      return [
        loadHigh,
        and(high),
        ifEqual(wantedHigh, 'next', 'fails'),
        loadLow,
        and(low),
        ifEqual(wantedLow, 'holds', 'fails'),
      ];
    }
  }
}

function halves(value: bigint): readonly [low: number, high: number] {
  return [Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn)];
}

interface Range {
  readonly first: number;
  readonly verdict: SeccompVerdict;
}

/** Where a verdict begins to hold, from 0 on. */
function rangesOf(plain: readonly (readonly [number, SeccompVerdict])[], byDefault: SeccompVerdict): Range[] {
  const ranges: Range[] = [{ first: 0, verdict: byDefault }];
  const add = (first: number, verdict: SeccompVerdict): void => {
    if (ranges.at(-1)!.first === first) ranges.pop();
    if (ranges.at(-1)?.verdict !== verdict) ranges.push({ first, verdict });
  };
  for (const [number, verdict] of plain.toSorted(([a], [b]) => a - b)) {
    add(number, verdict);
    add(number + 1, byDefault);
  }
  return ranges;
}

function search(ranges: readonly Range[]): Instruction[] {
  if (ranges.length === 1) return [result(ranges[0]!.verdict)];
  const middle = ranges.length >> 1;
  const below = search(ranges.slice(0, middle));
  const above = search(ranges.slice(middle));
  const pivot = ranges[middle]!.first;
  return [jump(JUMP_GREATER_OR_EQUAL, pivot, 0, 1), always(below.length), ...below, ...above];
}

function always(k: number): Instruction {
  return { code: JUMP_ALWAYS, jt: 0, jf: 0, k };
}
