// The filter that stops a step where it first could see or use a network of its own. It stands beside the filter of the profile, which
// stays as it is: of the verdicts of all filters of a process the strictest counts, and a refusal is stricter than a notification
// (seccomp(2)). Pure.
import {
  ARCH_OFFSET,
  argumentOffset,
  AUDIT_ARCH,
  jump,
  JUMP_EQUAL,
  JUMP_GREATER_OR_EQUAL,
  load,
  NUMBER_OFFSET,
  result,
  RET_ALLOW,
  RET_USER_NOTIF,
  type Instruction,
} from './assemble-filter.js';
import { syscallNumbers, type SeccompArch } from './syscall-numbers.js';

const AF_UNIX = 1;
const AF_NETLINK = 16;
/** The programs of shadow and PAM speak to the audit system, whatever they do. */
const NETLINK_AUDIT = 9;
/** Requests about interfaces, which a socket of any family takes: SIOCADDRT to SIOCDEVPRIVATE (linux/sockios.h). */
const INTERFACE_REQUESTS = { first: 0x8900, behind: 0x8a00 };

/** Allows everything else, other machines included: they are for the profile to refuse. */
export function networkTraps(machine: 'x64' | 'arm64'): Instruction[] {
  const archs: readonly SeccompArch[] = machine === 'x64' ? ['x64', 'x86'] : ['arm64'];
  const blocks = archs.map((arch) => ({ arch, block: archBlock(arch) }));
  return [
    load(ARCH_OFFSET),
    ...blocks.flatMap(({ arch, block }) => [jump(JUMP_EQUAL, AUDIT_ARCH[arch], 0, block.length), ...block]),
    result(RET_ALLOW),
  ];
}

function archBlock(arch: SeccompArch): Instruction[] {
  const numbers = syscallNumbers(arch);
  const traps = [
    { number: numbers.get('socket'), tests: ofSocket() },
    { number: numbers.get('ioctl'), tests: ofInterfaceRequest() },
  ];
  return [
    load(NUMBER_OFFSET),
    ...traps.flatMap(({ number, tests }) =>
      number === undefined ? [] : [jump(JUMP_EQUAL, number, 0, tests.length), ...tests],
    ),
    result(RET_ALLOW),
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
