// What stops a step where it first could see or use a network of its own. Pure.
import {
  argumentOffset,
  jump,
  JUMP_EQUAL,
  JUMP_GREATER_OR_EQUAL,
  load,
  result,
  RET_ALLOW,
  RET_USER_NOTIF,
  type Instruction,
} from './assemble-filter.js';
import type { Trap } from './trap-filter.js';

const AF_UNIX = 1;
const AF_NETLINK = 16;
/** The programs of shadow and PAM speak to the audit system, whatever they do. */
const NETLINK_AUDIT = 9;
/** Requests about interfaces, which a socket of any family takes: SIOCADDRT to SIOCDEVPRIVATE (linux/sockios.h). */
const INTERFACE_REQUESTS = { first: 0x8900, behind: 0x8a00 };

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
