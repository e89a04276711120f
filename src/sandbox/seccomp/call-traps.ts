// The calls of a command that a filter stops until the worker has looked at them, by their purpose. Pure.
import {
  result,
  RET_USER_NOTIF,
  argumentOffset,
  jump,
  JUMP_EQUAL,
  JUMP_GREATER_OR_EQUAL,
  load,
  RET_ALLOW,
  type Instruction,
} from './assemble-filter.js';
import type { Trap } from './trap-filter.js';
import { S_IFBLK, S_IFCHR, S_IFMT } from '../../host/stat-layout.js';
import { syscallNumbers, type SeccompArch } from './syscall-numbers.js';

/** BPF_ALU | BPF_AND | BPF_K */
const AND = 0x54;

/**
 * What makes a device: mknod(2) with a type that a user namespace refuses. All others are the kernel's alone, so that a
 * process that makes no device waits for nobody.
 */
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

const AF_UNIX = 1;
const AF_NETLINK = 16;
/** The programs of shadow and PAM speak to the audit system, whatever they do. */
const NETLINK_AUDIT = 9;
/** Requests about interfaces, which a socket of any family takes: SIOCADDRT to SIOCDEVPRIVATE (linux/sockios.h). */
const INTERFACE_REQUESTS = { first: 0x8900, behind: 0x8a00 };

/** Where a process first could see or use a network of its own. */
export function networkTraps(numbers: ReadonlyMap<string, number>): Trap[] {
  return [
    { number: numbers.get('socket'), tests: ofSocket() },
    { number: numbers.get('ioctl'), tests: ofInterfaceRequest() },
  ];
}

/** The arguments are C ints: the kernel does not look at the upper half either. */
function ofSocket(): Instruction[] {
  return [
    load(argumentOffset(0)),
    jump(JUMP_EQUAL, AF_UNIX, 4, 0),
    jump(JUMP_EQUAL, AF_NETLINK, 0, 2),
    load(argumentOffset(2)),
    jump(JUMP_EQUAL, NETLINK_AUDIT, 1, 0),
    result(RET_USER_NOTIF),
    result(RET_ALLOW),
  ];
}

function ofInterfaceRequest(): Instruction[] {
  return [
    load(argumentOffset(1)),
    jump(JUMP_GREATER_OR_EQUAL, INTERFACE_REQUESTS.behind, 2, 0),
    jump(JUMP_GREATER_OR_EQUAL, INTERFACE_REQUESTS.first, 0, 1),
    result(RET_USER_NOTIF),
    result(RET_ALLOW),
  ];
}

const STATUS_CALLS = ['stat', 'lstat', 'fstat', 'newfstatat', 'statx'] as const;

/**
 * What shows what an object is, for processes that are to see devices where there are empty files. Programs of 32 bits
 * ask by others, whose structures they alone have.
 */
export function statusTraps(numbers: ReadonlyMap<string, number>): Trap[] {
  const isNative = numbers.has('newfstatat');
  return isNative
    ? STATUS_CALLS.map((name) => ({ number: numbers.get(name), tests: [result(RET_USER_NOTIF)] }))
    : [];
}
