// Docker's default seccomp profile as data, for a process with Docker's default capabilities (moby/profiles
// seccomp/default.json): what is not listed fails with EPERM, as does everything with other arguments than the ones
// allowed. What is newer than the profile fails with ENOSYS, as if the kernel did not have it.
import { syscallNumbers, type SeccompArch } from './syscall-numbers.js';

export const EPERM = 1;
export const ENOSYS = 38;

/** A condition on one argument, of which the lower 32 bits are looked at: all of them are C ints to the kernel. */
export type ArgumentTest =
  | { readonly kind: 'below' | 'above' | 'equals'; readonly argument: number; readonly value: number }
  /** No bit of `mask` is set. */
  | { readonly kind: 'clear'; readonly argument: number; readonly mask: number };

/** On the lower 32 bits of an argument: it has one of the bits of `mask`, or is `equals`. */
export type TrapCondition =
  | { readonly argument: number; readonly mask: number }
  | { readonly argument: number; readonly equals: number };

export interface ArchRules {
  readonly arch: SeccompArch;
  /**
   * The largest number that the rules know; those above it fail with ENOSYS, so that a C library falls back to an older
   * call (runc libcontainer/seccomp/patchbpf). So do all of the x32 mode of x64, which a kernel need not have.
   */
  readonly last: number;
  /** Allowed whatever the arguments are. */
  readonly allowed: readonly number[];
  /** Allowed when one of the tests holds, else `errno`: EPERM when absent. */
  readonly conditional: readonly ConditionalCall[];
  /** Stop and wait for a supervisor (seccomp_unotify(2)), always or under a condition; else allowed. */
  readonly trapped?: readonly { readonly number: number; readonly onlyWith?: TrapCondition }[];
  /** Fail with an errno of their own. */
  readonly failing: readonly { readonly number: number; readonly errno: number }[];
}

export interface ConditionalCall {
  readonly number: number;
  readonly anyOf: readonly ArgumentTest[];
  readonly errno?: number;
}

/** CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}: no namespace may be made. */
const CLONE_NAMESPACES = 0x7e020000;

/** Address families: the crypto of the kernel, and the host of a virtual machine, which no network namespace hides. */
const [AF_ALG, AF_VSOCK] = [38, 40];

/** Call of socketcall(2). Its arguments lie in memory, where a filter cannot see the address family. */
const SYS_SOCKET = 1;

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
  const first = (kind: 'below' | 'above' | 'equals', value: number): ArgumentTest => ({
    kind,
    argument: 0,
    value,
  });
  const conditional: ConditionalCall[] = [
    {
      number: take('socket'),
      anyOf: [first('below', AF_ALG), first('equals', AF_ALG + 1), first('above', AF_VSOCK)],
    },
    { number: take('personality'), anyOf: PERSONALITIES.map((value) => first('equals', value)) },
    { number: take('clone'), anyOf: [{ kind: 'clear', argument: 0, mask: CLONE_NAMESPACES }] },
  ];
  // A C library that knows socket(2) makes its sockets by that, whose address family is seen.
  if (arch === 'x86')
    conditional.push({ number: take('socketcall'), anyOf: [first('above', SYS_SOCKET)], errno: ENOSYS });
  // The C library falls back to clone, whose flags a filter can see.
  const failing = [{ number: take('clone3'), errno: ENOSYS }];
  const last = Math.max(...syscallNumbers(arch).values());
  return { arch, last, allowed: [...numbers.values()].sort((a, b) => a - b), conditional, failing };
}

/**
 * The rules, and prlimit64(2) for the calling process alone: without a pid namespace a call that names a process can
 * name one outside of the process. Signals are bounded otherwise; limits are not, and that of processor time ends a
 * process.
 */
export function ownProcessOnly(rules: readonly ArchRules[]): readonly ArchRules[] {
  return rules.map((rule) => {
    const number = syscallNumbers(rule.arch).get('prlimit64');
    if (number === undefined || !rule.allowed.includes(number)) return rule;
    return {
      ...rule,
      allowed: rule.allowed.filter((allowed) => allowed !== number),
      conditional: [...rule.conditional, { number, anyOf: [{ kind: 'equals', argument: 0, value: 0 }] }],
    };
  });
}
