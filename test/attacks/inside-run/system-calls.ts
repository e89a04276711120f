// System calls that lead out of a sandbox or to code of the kernel that a build does not need. Each is made with
// arguments that would do no harm where it is allowed.
import type { ExecutionContext } from 'ava';
import type { RungName } from '../../../src/worker/front/rung.js';
import type { Inside, InsideAttack } from '../../support/inside-run.js';
import { dir, program } from '../../support/sandbox-rootfs.js';
import { cString, syscallProgram, type Call } from '../../support/syscall-program.js';

const CLONE_NEWUSER = 0x10000000;
const X32 = 0x40000000;
const [EPERM, ENOSYS, EAFNOSUPPORT, SIGSEGV] = [1, 38, 97, 139];

interface Row {
  readonly ids: string;
  readonly calls: readonly Call[];
  /** Default EPERM. */
  readonly statuses?: readonly number[];
  readonly notOn?: Partial<Record<RungName, string>>;
}

/** One call that the filter answers with EPERM. */
const one = (number: number, ...args: number[]): Row => ({ ids: 'filter', calls: [{ number, args }] });

const NOT_THERE = [EPERM, ENOSYS];

/**
 * socketcall(2) of a 32-bit program: socket(2), whose arguments lie in memory. SIGSEGV where the kernel runs no such
 * programs.
 */
const socketCall = (family: number, type: number): Row => ({
  ids: 'CVE-2026-31431',
  calls: [
    { number: 102, args: [1, Buffer.from(Uint32Array.of(family, type, 0).buffer)], isCompatibility: true },
  ],
  statuses: [ENOSYS, SIGSEGV],
});

const ROWS: Readonly<Record<string, Row>> = {
  mount: one(165),
  umount2: one(166),
  pivot_root: one(155),
  'unshare of a user namespace': { ...one(272, CLONE_NEWUSER), ids: 'CVE-2022-0185' },
  'unshare of a mount namespace': one(272, 0x20000),
  'unshare of a network namespace': one(272, 0x40000000),
  'clone of a user namespace': one(56, CLONE_NEWUSER),
  'clone of all namespaces': one(56, 0x7e020000),
  clone3: { ...one(435), statuses: [ENOSYS] },
  setns: one(308),
  fsopen: { ...one(430), ids: 'CVE-2022-0185' },
  fsconfig: { ...one(431), ids: 'CVE-2022-0185' },
  fsmount: one(432),
  fspick: one(433),
  open_tree: one(428),
  move_mount: one(429),
  mount_setattr: { ...one(442), statuses: NOT_THERE },
  keyctl: { ...one(250), ids: 'CVE-2016-0728' },
  add_key: one(248),
  request_key: one(249),
  bpf: { ...one(321), ids: 'CVE-2021-3490' },
  perf_event_open: { ...one(298), ids: 'CVE-2013-2094' },
  userfaultfd: one(323),
  io_uring_setup: { ...one(425), ids: 'CVE-2022-29582' },
  io_uring_enter: one(426),
  io_uring_register: one(427),
  kexec_load: one(246),
  kexec_file_load: one(320),
  init_module: one(175),
  finit_module: one(313),
  delete_module: one(176),
  open_by_handle_at: { ...one(304), ids: 'CVE-2014-3519' },
  reboot: one(169),
  swapon: one(167),
  swapoff: one(168),
  acct: one(163),
  quotactl: one(179),
  'syslog (dmesg)': one(103, 3),
  settimeofday: one(164),
  clock_settime: one(227),
  sethostname: one(170, 0, 65),
  setdomainname: one(171, 0, 65),
  iopl: one(172, 3),
  ioperm: one(173, 0, 1, 1),
  lookup_dcookie: { ...one(212), statuses: NOT_THERE },
  fanotify_init: one(300),
  'personality without randomisation': one(135, 0x40000),
  vhangup: one(153),
  'socket of AF_VSOCK': one(41, 40, 1),
  'socket of AF_ALG': { ...one(41, 38, 5), ids: 'CVE-2026-31431' },
  'socket of AF_VSOCK with bits that the kernel ignores': one(41, 2 ** 32 + 40, 1),
  'socket of AF_VSOCK by socketcall': socketCall(40, 1),
  'socket of AF_ALG by socketcall': socketCall(38, 5),
  'socket of AF_VSOCK as a 32-bit program': {
    ids: 'filter',
    calls: [{ number: 359, args: [40, 1, 0], isCompatibility: true }],
    statuses: [EPERM, SIGSEGV],
  },
  'a call that is newer than the profile': { ...one(999), statuses: [ENOSYS] },
  'mount by the x32 ABI': { ...one(X32 + 165), statuses: NOT_THERE },
  'ptrace by the x32 ABI': { ...one(X32 + 521), statuses: NOT_THERE },
  'mount as a 32-bit program': {
    ids: 'filter',
    calls: [{ number: 21, isCompatibility: true }],
    statuses: [EPERM, SIGSEGV, ENOSYS],
  },
  'unshare as a 32-bit program': {
    ids: 'filter',
    calls: [{ number: 310, args: [CLONE_NEWUSER], isCompatibility: true }],
    statuses: [EPERM, SIGSEGV, ENOSYS],
  },
  'keyctl as a 32-bit program': {
    ids: 'filter',
    calls: [{ number: 288, isCompatibility: true }],
    statuses: [EPERM, SIGSEGV, ENOSYS],
  },
  'ptrace of process 1 of another namespace': {
    ids: 'ptrace',
    // PTRACE_ATTACH of a parent, which does not exist from inside.
    calls: [{ number: 101, args: [16, 0] }],
    statuses: [EPERM, 3],
  },
  'raw socket on the network of the host': {
    ids: 'network',
    calls: [{ number: 41, args: [17, 3, 0x300] }],
    statuses: [EPERM, EAFNOSUPPORT],
    notOn: { chroot: 'the network is the container’s, with the capabilities that the container has' },
  },
  'writing to the terminal (TIOCSTI)': {
    ids: 'CVE-2017-5226',
    calls: [{ number: 16, args: [0, 0x5412, Buffer.from('x')] }],
    // Standard input is no terminal.
    statuses: [EPERM, 25, 5],
  },
  'clock of the host by clock_adjtime': {
    ids: 'time',
    calls: [{ number: 305, args: [0, Buffer.from([1, 0, 0, 0, ...Array.from({ length: 252 }, () => 0)])] }],
  },
  'file capabilities of another user namespace': {
    ids: 'CVE-2018-18955',
    calls: [
      { number: 188, args: [cString('/probes'), cString('trusted.overlay.opaque'), cString('y'), 1, 0] },
    ],
    statuses: [EPERM, 95],
  },
};

type Statuses = Readonly<Record<string, number>>;
const measured = new WeakMap<object, Promise<Statuses>>();

/** All programs in one step; their exit statuses by name. */
function statusesIn({ world, run }: Inside): Promise<Statuses> {
  const known = measured.get(world);
  if (known) return known;
  const names = Object.keys(ROWS);
  const measure = async (): Promise<Statuses> => {
    const layers = await world.on([
      dir('probes'),
      ...names.map((name, i) => program(`probes/${i}`, syscallProgram(ROWS[name]?.calls ?? []))),
    ]);
    const { stdout } = await run(`for i in $(seq 0 ${names.length - 1}); do /probes/$i; echo $?; done`, {
      layers,
      network: 'host',
    });
    return Object.fromEntries(
      stdout
        .trim()
        .split('\n')
        .map((status, i) => [names[i] ?? '', Number(status)]),
    );
  };
  const measuring = measure();
  measured.set(world, measuring);
  return measuring;
}

export const systemCallAttacks: readonly InsideAttack[] = Object.entries(ROWS).map(
  ([title, { ids, statuses = [EPERM], notOn }]) => ({
    ids,
    title,
    ...(notOn && { notOn }),
    async attempt(t: ExecutionContext, inside: Inside) {
      const status = (await statusesIn(inside))[title];
      t.true(status !== undefined && statuses.includes(status), `${title}: ${status}`);
    },
  }),
);
