// Docker's default seccomp profile as data, for a process with Docker's default capabilities (moby/profiles seccomp/default.json):
// what is not listed fails with EPERM, as does everything with other arguments than the ones allowed.
import { syscallNumbers, type SeccompArch } from './syscall-numbers.js';

export const EPERM = 1;
const ENOSYS = 38;

/** A condition on one argument, compared as an unsigned 64-bit value. */
export type ArgumentTest =
  | { readonly kind: 'below'; readonly argument: number; readonly value: number }
  | { readonly kind: 'equals'; readonly argument: number; readonly value: number }
  /** No bit of `mask` is set. */
  | { readonly kind: 'clear'; readonly argument: number; readonly mask: number };

/** On the lower 32 bits of an argument: it has one of the bits of `mask`, or is `equals`. */
export type TrapCondition =
  | { readonly argument: number; readonly mask: number }
  | { readonly argument: number; readonly equals: number };

export interface ArchRules {
  readonly arch: SeccompArch;
  /** Allowed whatever the arguments are. */
  readonly allowed: readonly number[];
  /** Allowed when one of the tests holds, else EPERM. */
  readonly conditional: readonly { readonly number: number; readonly anyOf: readonly ArgumentTest[] }[];
  /** Stop and wait for a supervisor (seccomp_unotify(2)), always or under a condition; else allowed. */
  readonly trapped?: readonly { readonly number: number; readonly onlyWith?: TrapCondition }[];
  /** Fail with an errno of their own. */
  readonly failing: readonly { readonly number: number; readonly errno: number }[];
}

/** CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}: no namespace may be made. */
const CLONE_NAMESPACES = 0x7e020000;

/** Address families: all below 12 (AF_UNIX, AF_INET, AF_INET6, …) and these; AF_ALG (38) and AF_VSOCK (40) are not among them. */
const SOCKET_FAMILIES = [
  13, 14, 15, 16, 17, 18, 21, 22, 24, 26, 27, 28, 29, 30, 31, 32, 33, 35, 36, 39, 41, 42, 43, 44, 45,
];

/** PER_LINUX, PER_LINUX32, both with UNAME26 (0x20000), and 0xffffffff which only asks. */
const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

/** Calls that reach other processes or other roots: without a pid and mount namespace there are some to reach. */
export const WITHOUT_NAMESPACES = ['ptrace', 'process_vm_readv', 'process_vm_writev', 'chroot'];

/** The rules for this machine; the first is the native one. `without`: calls that are denied too. */
export function defaultProfile(
  machine: 'x64' | 'arm64',
  { without = [] }: { readonly without?: readonly string[] } = {},
): readonly ArchRules[] {
  const machines: readonly SeccompArch[] = machine === 'x64' ? ['x64', 'x86'] : ['arm64'];
  return machines.map((arch) => rulesFor(arch, without));
}

function rulesFor(arch: SeccompArch, without: readonly string[]): ArchRules {
  const numbers = new Map([...syscallNumbers(arch)].filter(([name]) => !without.includes(name)));
  const take = (name: string): number => {
    const number = numbers.get(name);
    if (number === undefined) throw new Error(`no number for ${name} on ${arch}`);
    numbers.delete(name);
    return number;
  };
  const equals = (value: number): ArgumentTest => ({ kind: 'equals', argument: 0, value });
  const conditional = [
    {
      number: take('socket'),
      anyOf: [{ kind: 'below', argument: 0, value: 12 } as const, ...SOCKET_FAMILIES.map(equals)],
    },
    { number: take('personality'), anyOf: PERSONALITIES.map(equals) },
    { number: take('clone'), anyOf: [{ kind: 'clear', argument: 0, mask: CLONE_NAMESPACES } as const] },
  ];
  // The C library falls back to clone, whose flags a filter can see.
  const failing = [{ number: take('clone3'), errno: ENOSYS }];
  return { arch, allowed: [...numbers.values()].sort((a, b) => a - b), conditional, failing };
}
