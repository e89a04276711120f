// System calls on the calling thread: namespaces, identity, capabilities, execve. Raw where the C library would change
// all threads: only the main thread becomes the command, the others end with execve(2).
import { cString, type Binding, type Name, type SequenceCall } from './binding.js';

export const CLONE_NEWNS = 0x00020000;
export const CLONE_PARENT = 0x00008000;
export const CLONE_NEWUSER = 0x10000000;
export const CLONE_NEWPID = 0x20000000;
export const CLONE_NEWCGROUP = 0x02000000;
export const CLONE_NEWUTS = 0x04000000;
export const CLONE_NEWIPC = 0x08000000;
export const CLONE_NEWNET = 0x40000000;

const PR_SET_PDEATHSIG = 1;
const PR_SET_DUMPABLE = 4;
const PR_CAPBSET_DROP = 24;
const PR_SET_CHILD_SUBREAPER = 36;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;
const KEYCTL_JOIN_SESSION_KEYRING = 1;
const PR_SET_SECUREBITS = 28;
/** SECBIT_NOROOT and its lock (linux/securebits.h). */
const NO_ROOT = 0x3;
const CLOSE_RANGE_CLOEXEC = 4;
const F_SETFD = 2;
const F_SETFL = 4;
const SIG_SETMASK = 2;
const SIG_IGN = 1n;
const LINUX_CAPABILITY_VERSION_3 = 0x20080522;
const LAST_SIGNAL = 64;
const WNOHANG = 1;

/** One of the two is null. */
export interface ExitStatus {
  readonly code: number | null;
  /** Number of the signal that ended it. */
  readonly signal: number | null;
}

export interface ProcessCalls {
  unshare(flags: number): void;
  setHostname(name: string): void;
  setGroups(gids: readonly number[]): void;
  setIds(ids: { readonly uid: number; readonly gid: number }): void;
  /** This process gets SIGKILL when its parent ends. */
  dieWithParent(): void;
  /**
   * Takes capabilities away for good. Throws EINVAL at the first one that the kernel does not know, after those before.
   */
  dropBounding(capabilities: readonly number[]): void;
  clearAmbient(): void;
  /** Permitted and effective set of the thread; the inheritable set becomes empty. Bit n = capability n. */
  setCapabilities(bits: bigint): void;
  joinNewSessionKeyring(): void;
  /**
   * Processes below this one that lose their parent become its children (prctl(2) PR_SET_CHILD_SUBREAPER). execve(2)
   * keeps that.
   */
  adoptOrphans(): void;
  /** Programs with set-id bits or file capabilities give nothing more from now on (prctl(2) PR_SET_NO_NEW_PRIVS). */
  forbidNewPrivileges(): void;
  /**
   * Takes the exit status of a child that Node did not start; undefined when it has not ended yet, and is not waited
   * for.
   */
  reap(pid: number, options?: { readonly isAwaited: boolean }): ExitStatus | undefined;
  /** A descriptor of a process (pidfd_open(2)). */
  openProcess(pid: number): number;
  /** Bits of the mode that new files do not get. */
  umask(mask: number): void;
  /** The current directory becomes `/`. */
  chrootToCurrentDirectory(): void;
  /** From now on id 0 gains no capability by execve(2). Needs CAP_SETPCAP. */
  denyRootPrivileges(): void;
  setLimit(resource: number, soft: bigint, hard: bigint): void;
  /** All signals to their default action, none blocked: execve(2) keeps ignored ones and the mask. */
  resetSignals(): void;
  ignoreSignal(signal: number): void;
  startSession(): void;
  fchdir(fd: number): void;
  dup(from: number, to: number): void;
  /** `O_NONBLOCK` and the like, which all have who share the open file (fcntl(2) F_SETFL). */
  setStatusFlags(fd: number, flags: number): void;
  /** A pipe, both ends close-on-exec. */
  pipe(): { readonly readEnd: number; readonly writeEnd: number };
  /** Descriptors 0-2 stay open across execve, all others close. */
  keepOnlyStandardDescriptors(): void;
  /** Closes all descriptors from this one on. */
  closeFrom(fd: number): void;
  /** Enters a network namespace, by a descriptor of it. */
  enterNetwork(fd: number): void;
  /** Enters a namespace of this kind (CLONE_NEW*), by a descriptor of it, or of a process that is in it. */
  enterNamespace(fd: number, kinds: number): void;
  /** Only who has CAP_SYS_PTRACE in its user namespace may look into this process, until it executes a program. */
  forbidTracing(): void;
  /** Sets IFF_UP on the interface `lo` of the current network namespace. */
  bringLoopbackUp(): void;
  /** Replaces this process. Returns only by throwing. */
  execve(path: Name, argv: readonly string[], env: readonly string[]): void;
}

export function processCalls(binding: Binding): ProcessCalls {
  return { ...identityCalls(binding), ...descriptorCalls(binding), ...executionCalls(binding) };
}

type IdentityCalls = Pick<
  ProcessCalls,
  | 'unshare'
  | 'setHostname'
  | 'setGroups'
  | 'setIds'
  | 'dieWithParent'
  | 'dropBounding'
  | 'denyRootPrivileges'
  | 'clearAmbient'
  | 'setCapabilities'
  | 'joinNewSessionKeyring'
  | 'adoptOrphans'
  | 'forbidNewPrivileges'
  | 'reap'
  | 'openProcess'
  | 'umask'
  | 'enterNetwork'
  | 'forbidTracing'
  | 'enterNamespace'
  | 'chrootToCurrentDirectory'
>;

function identityCalls(binding: Binding): IdentityCalls {
  const unshare = binding.define('int unshare(int flags)');
  const sethostname = binding.define('int sethostname(const char *name, size_t length)');
  const setgroups = binding.raw('setgroups', { x64: 116, arm64: 159 }, ['size_t', 'const void *']);
  const setresgid = binding.raw('setresgid', { x64: 119, arm64: 149 }, ['uint', 'uint', 'uint']);
  const setresuid = binding.raw('setresuid', { x64: 117, arm64: 147 }, ['uint', 'uint', 'uint']);
  const prctl = binding.define('int prctl(int option, ulong a, ulong b, ulong c, ulong d)');
  const capset = binding.raw('capset', { x64: 126, arm64: 91 }, ['void *', 'const void *']);
  const wait4 = binding.raw('wait4', { x64: 61, arm64: 260 }, ['int', 'void *', 'int', 'const void *']);
  const pidfdOpen = binding.raw('pidfd_open', 434, ['int', 'uint']);
  const setns = binding.define('int setns(int fd, int type)');
  const umask = binding.define('int umask(uint mask)');
  const chroot = binding.define('int chroot(const char *path)');
  const keyctl = binding.raw('keyctl', { x64: 250, arm64: 219 }, ['int', 'const char *']);
  return {
    unshare: (flags) => void unshare(flags),
    setHostname: (name) => void sethostname(cString(name), Buffer.byteLength(name)),
    setGroups: (gids) => void setgroups(gids.length, new Uint8Array(Uint32Array.from(gids).buffer)),
    setIds: ({ uid, gid }) => {
      binding.sequence([
        [setresgid, gid, gid, gid],
        [setresuid, uid, uid, uid],
      ]);
    },
    dieWithParent: () => void prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0),
    dropBounding: (capabilities) =>
      void binding.sequence(
        capabilities.map((capability): SequenceCall => [prctl, PR_CAPBSET_DROP, capability, 0, 0, 0]),
      ),
    denyRootPrivileges: () => void prctl(PR_SET_SECUREBITS, NO_ROOT, 0, 0, 0),
    clearAmbient: () => void prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0),
    setCapabilities: (bits) => {
      const low = Number(bits & 0xffffffffn);
      const high = Number(bits >> 32n);
      const header = Uint32Array.of(LINUX_CAPABILITY_VERSION_3, 0);
      const data = Uint32Array.of(low, low, 0, high, high, 0);
      capset(new Uint8Array(header.buffer), new Uint8Array(data.buffer));
    },
    joinNewSessionKeyring: () => void keyctl(KEYCTL_JOIN_SESSION_KEYRING, null),
    adoptOrphans: () => void prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0),
    forbidNewPrivileges: () => void prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
    reap: (pid, { isAwaited } = { isAwaited: false }) => {
      const status = Buffer.alloc(4);
      return wait4(pid, status, isAwaited ? 0 : WNOHANG, null) === 0
        ? undefined
        : exitStatusOf(status.readInt32LE());
    },
    openProcess: (pid) => pidfdOpen(pid, 0),
    umask: (mask) => void umask(mask),
    enterNetwork: (fd) => void setns(fd, CLONE_NEWNET),
    forbidTracing: () => void prctl(PR_SET_DUMPABLE, 0, 0, 0, 0),
    enterNamespace: (fd, kinds) => void setns(fd, kinds),
    chrootToCurrentDirectory: () => void chroot('.'),
  };
}

/** wait(2) in its form of Linux. */
function exitStatusOf(status: number): ExitStatus {
  const signal = status & 0x7f;
  return signal === 0 ? { code: (status >> 8) & 0xff, signal: null } : { code: null, signal };
}

type DescriptorCalls = Pick<
  ProcessCalls,
  | 'fchdir'
  | 'dup'
  | 'setStatusFlags'
  | 'pipe'
  | 'keepOnlyStandardDescriptors'
  | 'closeFrom'
  | 'bringLoopbackUp'
>;

function descriptorCalls(binding: Binding): DescriptorCalls {
  const fchdir = binding.define('int fchdir(int fd)');
  const dup3 = binding.define('int dup3(int from, int to, int flags)');
  const pipe2 = binding.define('int pipe2(void *ends, int flags)');
  const fcntl = binding.define('int fcntl(int fd, int command, long argument)');
  const closeRange = binding.raw('close_range', 436, ['uint', 'uint', 'uint']);
  const socket = binding.define('int socket(int domain, int type, int protocol)');
  const ioctl = binding.define('int ioctl(int fd, ulong request, const void *argument)');
  const close = binding.define('int close(int fd)');
  return {
    fchdir: (fd) => void fchdir(fd),
    dup: (from, to) => void dup3(from, to, 0),
    setStatusFlags: (fd, flags) => void fcntl(fd, F_SETFL, flags),
    pipe: () => {
      const ends = new Int32Array(2);
      pipe2(new Uint8Array(ends.buffer), 0o2000000);
      return { readEnd: ends[0]!, writeEnd: ends[1]! };
    },
    keepOnlyStandardDescriptors: () => {
      binding.sequence([
        [closeRange, 3, 0xffffffff, CLOSE_RANGE_CLOEXEC],
        ...[0, 1, 2].map((fd): SequenceCall => [fcntl, fd, F_SETFD, 0]),
      ]);
    },
    closeFrom: (fd) => void closeRange(fd, 0xffffffff, 0),
    bringLoopbackUp: () => {
      const fd = socket(2, 2 | 0o2000000, 0);
      // struct ifreq of netdevice(7): the name, then the flags IFF_UP | IFF_RUNNING.
      const request = Buffer.alloc(40);
      request.write('lo', 'latin1');
      request.writeUInt16LE(0x1 | 0x40, 16);
      ioctl(fd, 0x8914, request);
      close(fd);
    },
  };
}

type ExecutionCalls = Pick<
  ProcessCalls,
  'setLimit' | 'resetSignals' | 'ignoreSignal' | 'startSession' | 'execve'
>;

function executionCalls(binding: Binding): ExecutionCalls {
  const prlimit = binding.raw('prlimit64', { x64: 302, arm64: 261 }, [
    'int',
    'int',
    'const void *',
    'void *',
  ]);
  const sigprocmask = binding.raw('rt_sigprocmask', { x64: 14, arm64: 135 }, [
    'int',
    'const void *',
    'void *',
    'size_t',
  ]);
  const sigaction = binding.raw('rt_sigaction', { x64: 13, arm64: 134 }, [
    'int',
    'const void *',
    'void *',
    'size_t',
  ]);
  const setsid = binding.define('int setsid()');
  const execve = binding.define('int execve(const char *path, const void *argv, const void *env)');
  return {
    setLimit: (resource, soft, hard) => void prlimit(0, resource, new BigUint64Array([soft, hard]), null),
    resetSignals: () => {
      const action = Buffer.alloc(32);
      const signals = Array.from({ length: LAST_SIGNAL }, (_, i) => i + 1);
      binding.sequence([
        // SIGKILL and SIGSTOP cannot be set and need not be.
        ...signals
          .filter((signal) => signal !== 9 && signal !== 19)
          .map((signal): SequenceCall => [sigaction, signal, action, null, 8]),
        [sigprocmask, SIG_SETMASK, Buffer.alloc(8), null, 8],
      ]);
    },
    ignoreSignal: (signal) => {
      const action = Buffer.alloc(32);
      action.writeBigUInt64LE(SIG_IGN);
      sigaction(signal, action, null, 8);
    },
    startSession: () => void setsid(),
    execve: (path, argv, env) => {
      const argvBlock = pointerBlock(binding, argv);
      const envBlock = pointerBlock(binding, env);
      execve(cString(path), argvBlock.pointers, envBlock.pointers);
    },
  };
}

/** A NULL-terminated `char *[]` that lives as long as the returned object. */
function pointerBlock(
  binding: Binding,
  texts: readonly string[],
): { readonly pointers: BigUint64Array; readonly bytes: Buffer } {
  const bytes = Buffer.from(texts.map((text) => `${text}\0`).join('') || '\0', 'utf8');
  const base = binding.address(bytes);
  const pointers = new BigUint64Array(texts.length + 1);
  let offset = 0;
  texts.forEach((text, i) => {
    pointers[i] = base + BigInt(offset);
    offset += Buffer.byteLength(text) + 1;
  });
  return { pointers, bytes };
}
