// The calls that docker's default profile allows besides its list when a container has a capability (moby/profiles
// seccomp/default.json, `includes.caps`). Of the native machine mode alone. Data, and its application.
import { CAPABILITY_NAMES } from '../capabilities.js';
import type { ArchRules } from './default-profile.js';
import { syscallNumbers } from './syscall-numbers.js';

type Numbers = Readonly<Record<'x64' | 'arm64', readonly number[]>>;

const CALLS: Readonly<Record<string, Numbers>> = {
  // open_by_handle_at
  DAC_READ_SEARCH: { x64: [304], arm64: [265] },
  // bpf, fanotify_init, fsconfig, fsmount, fsopen, fspick, lookup_dcookie, mount, mount_setattr, move_mount, open_tree,
  // perf_event_open, quotactl, quotactl_fd, setdomainname, sethostname, setns, syslog, umount2, unshare
  SYS_ADMIN: {
    x64: [321, 300, 431, 432, 430, 433, 212, 165, 442, 429, 428, 298, 179, 443, 171, 170, 308, 103, 166, 272],
    arm64: [280, 262, 431, 432, 430, 433, 18, 40, 442, 429, 428, 241, 60, 443, 162, 161, 268, 116, 39, 97],
  },
  // reboot
  SYS_BOOT: { x64: [169], arm64: [142] },
  // delete_module, init_module, finit_module
  SYS_MODULE: { x64: [176, 175, 313], arm64: [106, 105, 273] },
  // get_mempolicy, mbind, set_mempolicy, set_mempolicy_home_node
  SYS_NICE: { x64: [239, 237, 238, 450], arm64: [236, 235, 237, 450] },
  // acct
  SYS_PACCT: { x64: [163], arm64: [89] },
  // kcmp, pidfd_getfd, process_madvise
  SYS_PTRACE: { x64: [312, 438, 440], arm64: [272, 438, 440] },
  // iopl, ioperm
  SYS_RAWIO: { x64: [172, 173], arm64: [] },
  // settimeofday, clock_settime
  SYS_TIME: { x64: [164, 227], arm64: [170, 112] },
  // vhangup
  SYS_TTY_CONFIG: { x64: [153], arm64: [58] },
  // syslog
  SYSLOG: { x64: [103], arm64: [116] },
  // bpf
  BPF: { x64: [321], arm64: [280] },
  // perf_event_open
  PERFMON: { x64: [298], arm64: [241] },
};

/** @param capabilities bit n = capability n */
export function withCapabilities(rules: readonly ArchRules[], capabilities: bigint): readonly ArchRules[] {
  const names = CAPABILITY_NAMES.filter((_, bit) => ((capabilities >> BigInt(bit)) & 1n) === 1n);
  return rules.map((rule) => {
    const { arch } = rule;
    if (arch === 'x86') return rule;
    // With it any namespace may be made.
    const makers = names.includes('SYS_ADMIN') ? ['clone', 'clone3'] : [];
    const free = makers.map((name) => syscallNumbers(arch).get(name));
    const given = [...names.flatMap((name) => CALLS[name]?.[arch] ?? []), ...free];
    if (given.length === 0) return rule;
    const isKept = ({ number }: { readonly number: number }): boolean => !free.includes(number);
    const allowed = new Set([...rule.allowed, ...given.filter((number) => number !== undefined)]);
    return {
      ...rule,
      allowed: [...allowed].sort((a, b) => a - b),
      conditional: rule.conditional.filter(isKept),
      failing: rule.failing.filter(isKept),
    };
  });
}
