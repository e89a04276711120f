// A folder that stands for /proc where no procfs can be mounted: what programs usually ask it, as files that do not
// change. Nothing in it is a view of a process, so no environment, descriptor or memory can be reached through it.
// There is no /proc/self/exe: one answer for all processes would be a wrong one, and programs that find none fall back
// to their argv[0].
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface StaticProcOptions {
  readonly argv: readonly string[];
  readonly uid: number;
  readonly gid: number;
  readonly capabilities: bigint;
}

/** Facts about the machine, copied as they are now. Absent where the machine has none. */
const COPIED = [
  'cpuinfo',
  'meminfo',
  'stat',
  'version',
  'uptime',
  'loadavg',
  'filesystems',
  'sys/kernel/ostype',
  'sys/kernel/osrelease',
  'sys/kernel/version',
  'sys/kernel/hostname',
  'sys/kernel/cap_last_cap',
  'sys/kernel/ngroups_max',
  'sys/kernel/pid_max',
  'sys/kernel/threads-max',
  'sys/kernel/random/boot_id',
  'sys/kernel/random/uuid',
  'sys/kernel/random/entropy_avail',
  'sys/vm/overcommit_memory',
  'sys/vm/max_map_count',
  'sys/fs/file-max',
  'sys/fs/nr_open',
  'sys/fs/pipe-max-size',
  'sys/fs/inotify/max_user_instances',
  'sys/fs/inotify/max_user_watches',
  'sys/net/core/somaxconn',
] as const;

const EMPTY_DIRECTORIES = ['self/fd', 'self/task', 'net', 'fs', 'irq', 'bus'];
const LINKS = { mounts: 'self/mounts', 'thread-self': 'self' };

/** Fills the empty directory. */
export function writeStaticProc(directory: string, options: StaticProcOptions): void {
  for (const path of EMPTY_DIRECTORIES) makeDirectories(directory, path);
  const own = Object.entries(ownFiles(options));
  const copied = COPIED.filter((path) => existsSync(`/proc/${path}`)).map(
    (path) => [path, readFileSync(`/proc/${path}`)] as const,
  );
  for (const [path, content] of [...own, ...copied]) {
    makeDirectories(directory, dirname(path));
    writeFileSync(join(directory, path), content);
    chmodSync(join(directory, path), 0o444);
  }
  for (const [path, text] of Object.entries(LINKS)) symlinkSync(text, join(directory, path));
  chmodSync(directory, 0o555);
}

function makeDirectories(directory: string, path: string): void {
  mkdirSync(join(directory, path), { recursive: true, mode: 0o555 });
}

function ownFiles({ argv, uid, gid, capabilities }: StaticProcOptions): Readonly<Record<string, string>> {
  const name = (argv[0] ?? '').split('/').at(-1)?.slice(0, 15) ?? '';
  const bits = capabilities.toString(16).padStart(16, '0');
  const none = '0'.repeat(16);
  const status = {
    Name: name,
    State: 'R (running)',
    Uid: [uid, uid, uid, uid].join('\t'),
    Gid: [gid, gid, gid, gid].join('\t'),
    CapInh: none,
    CapPrm: uid === 0 ? bits : none,
    CapEff: uid === 0 ? bits : none,
    CapBnd: bits,
    CapAmb: none,
    Seccomp: '2',
    Threads: '1',
  };
  return {
    'self/cmdline': argv.map((argument) => `${argument}\0`).join(''),
    'self/comm': `${name}\n`,
    'self/status': Object.entries(status)
      .map(([field, value]) => `${field}:\t${value}\n`)
      .join(''),
    'self/mounts': 'rootfs / rootfs rw 0 0\n',
    'self/mountinfo': '1 0 0:1 / / rw - rootfs rootfs rw\n',
    'self/maps': '',
    'self/cgroup': '0::/\n',
    'self/oom_score_adj': '0\n',
    'self/uid_map': '         0          0 4294967295\n',
    'self/gid_map': '         0          0 4294967295\n',
    'self/setgroups': 'allow\n',
    swaps: 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n',
  };
}
