// The system calls of a supervised command that stop and wait for the supervisor, as rules of its seccomp filter. Data,
// and pure functions.
import type { ArchRules, TrapCondition } from '../seccomp/default-profile.js';
import { syscallNumbers, type SeccompArch } from '../seccomp/syscall-numbers.js';

export interface TrappedName {
  readonly name: string;
  readonly onlyWith?: TrapCondition;
}

const O_CREAT = 0o100;
const ENOSYS = 38;
const PR_SET_KEEPCAPS = 8;
/** RLIMIT_LOCKS (credential-table.ts). */
const MARKING_LIMIT = 10;

const NATIVE = `
  chown lchown fchown fchownat mknod mknodat creat mkdir mkdirat symlink symlinkat chroot execve execveat
  setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups
  getuid getgid geteuid getegid getresuid getresgid getgroups
  utime utimes futimesat utimensat
  stat lstat fstat newfstatat statx
  listxattr llistxattr flistxattr setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
`;

/** Programs of 32 bits see the structures of stat(2) as the kernel gives them: all files are root's there. */
const X86 = `
  chown32 lchown32 fchown32 fchownat mknod mknodat creat mkdir mkdirat symlink symlinkat chroot execve execveat
  setuid32 setgid32 setreuid32 setregid32 setresuid32 setresgid32 setfsuid32 setfsgid32 setgroups32
  getuid32 getgid32 geteuid32 getegid32 getresuid32 getresgid32 getgroups32
  chown lchown fchown setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups
  getuid getgid geteuid getegid getresuid getresgid getgroups
  utime utimes futimesat utimensat utimensat_time64
  listxattr llistxattr flistxattr setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
`;

const CONDITIONAL: readonly TrappedName[] = [
  { name: 'open', onlyWith: { argument: 1, mask: O_CREAT } },
  { name: 'openat', onlyWith: { argument: 2, mask: O_CREAT } },
  { name: 'prctl', onlyWith: { argument: 0, equals: PR_SET_KEEPCAPS } },
  { name: 'setrlimit', onlyWith: { argument: 0, equals: MARKING_LIMIT } },
  { name: 'getrlimit', onlyWith: { argument: 0, equals: MARKING_LIMIT } },
  { name: 'prlimit64', onlyWith: { argument: 1, equals: MARKING_LIMIT } },
];

/** Calls of a command that does not begin as root: those whose permissions are checked (guard-objects.ts). */
const GUARDED =
  'unlink rmdir unlinkat rename renameat renameat2 link linkat chmod fchmod fchmodat fchmodat2 truncate ' +
  'access faccessat faccessat2';

/** Reading is guarded too. */
const GUARDED_CONDITIONAL: readonly TrappedName[] = [{ name: 'open' }, { name: 'openat' }];

export interface TrapOptions {
  /** The command does not begin as root. */
  readonly isGuarded: boolean;
}

/** Their structures of 32 bits have other sizes. */
const ONLY_NATIVE = ['setrlimit', 'getrlimit', 'prlimit64'];

/**
 * Newer forms whose arguments a filter cannot see, or that would go around it; programs fall back to the older ones.
 */
const MISSING = ['openat2', 'setxattrat', 'listxattrat', 'removexattrat'];

/** Those that exist on the machine. */
export function trappedCalls(arch: SeccompArch, { isGuarded }: TrapOptions): TrappedName[] {
  const numbers = syscallNumbers(arch);
  const always = (arch === 'x86' ? X86 : NATIVE).trim().split(/\s+/);
  const guarded = isGuarded ? GUARDED.split(' ') : [];
  const wider = isGuarded ? GUARDED_CONDITIONAL : [];
  const others = CONDITIONAL.filter(({ name }) => !wider.some((wide) => wide.name === name));
  const conditional = [...wider, ...others].filter(
    ({ name }) => arch !== 'x86' || !ONLY_NATIVE.includes(name),
  );
  return [...[...always, ...guarded].map((name) => ({ name })), ...conditional].filter(({ name }) =>
    numbers.has(name),
  );
}

/** `chown` for `chown32` */
export function canonicalName(name: string): string {
  return name.replace(/32$/, '');
}

/** The rules of a profile with the calls that a supervisor answers. */
export function supervisedRules(profile: readonly ArchRules[], options: TrapOptions): ArchRules[] {
  return profile.map((rules) => {
    const numbers = syscallNumbers(rules.arch);
    const numberOf = (name: string): number => numbers.get(name) ?? -1;
    const trapped = trappedCalls(rules.arch, options).map(({ name, onlyWith }) => ({
      number: numberOf(name),
      ...(onlyWith && { onlyWith }),
    }));
    const missing = MISSING.map((name) => ({ number: numberOf(name), errno: ENOSYS }));
    return { ...rules, trapped, failing: [...rules.failing, ...missing.filter(({ number }) => number >= 0)] };
  });
}

/** Calls the kernel may ever get. */
const LAST_NUMBER = 1023;
const ALL_NUMBERS = Array.from({ length: LAST_NUMBER + 1 }, (_, number) => number);

/** The rules of --security=insecure: nothing is refused. */
export function openProfile(profile: readonly ArchRules[]): ArchRules[] {
  return profile.map(({ arch }) => ({
    arch,
    last: LAST_NUMBER,
    allowed: ALL_NUMBERS,
    conditional: [],
    failing: [],
  }));
}
