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

export interface ArchRules {
  readonly arch: SeccompArch;
  /** Allowed whatever the arguments are. */
  readonly allowed: readonly number[];
  /** Allowed when one of the tests holds, else EPERM. */
  readonly conditional: readonly { readonly number: number; readonly anyOf: readonly ArgumentTest[] }[];
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

/** The rules for this machine; the first is the native one. */
export function defaultProfile(machine: 'x64' | 'arm64'): readonly ArchRules[] {
  return machine === 'x64' ? [rulesFor('x64'), rulesFor('x86')] : [rulesFor('arm64')];
}

function rulesFor(arch: SeccompArch): ArchRules {
  const numbers = new Map(syscallNumbers(arch));
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
