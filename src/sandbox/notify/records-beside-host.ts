// Records of owners on mounts of the host. They are files of the user, who would find our attributes and times on them.
// So what is recorded there stands in a table of this process, and is forgotten with the command. Records are written
// only to the mounts that the command had at its start and that are no mounts of the host; of any other mount nobody
// knows what it shows.
import { readFileSync, statSync } from 'node:fs';
import type { ByteString } from '../../core/bytes.js';
import { toUtf8 } from '../../core/bytes.js';
import { ownerOfTime, RECORD_PREFIX } from '../../rootfs/owner-record.js';
import type { NotifyCalls } from '../../host/syscalls/notify-calls.js';
import { ENODATA } from './errno.js';

/** Of a mount, as /proc/PID/mountinfo and fdinfo have it (proc_pid_mountinfo(5)). */
interface MountRow {
  readonly id: string;
  readonly path: string;
}

/** Mounts whose objects get records: not those at `foreign` paths, nor below. Pure. */
export function recordedMounts(mountinfo: string, foreign: readonly string[]): ReadonlySet<string> {
  const rows = mountinfo
    .split('\n')
    .filter(Boolean)
    .map((line): MountRow => {
      const [id = '', , , , path = ''] = line.split(' ');
      return { id, path: unescaped(path) };
    });
  const isForeign = ({ path }: MountRow): boolean =>
    foreign.some((target) => path === target || path.startsWith(`${target === '/' ? '' : target}/`));
  return new Set(rows.filter((row) => !isForeign(row)).map(({ id }) => id));
}

/** Blanks, tabs, line ends and backslashes are octal numbers. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/**
 * The calls of a supervisor, but for records on mounts of the host.
 * @param pid of the command, whose mounts stand
 * @param foreign paths in its root
 */
export function recordsBesideHost(calls: NotifyCalls, pid: number, foreign: readonly string[]): NotifyCalls {
  const own = recordedMounts(readFileSync(`/proc/${pid}/mountinfo`, 'latin1'), foreign);
  const table = new Map<string, ByteString>();

  /** Undefined for an object that gets its record on itself. */
  function keyOf(path: string): string | undefined {
    const [, mount = ''] = /^mnt_id:\t(\d+)$/m.exec(fdinfoOf(path)) ?? [];
    if (own.has(mount)) return undefined;
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  }

  return {
    ...calls,
    getXattr(path, name, into) {
      const key = name.startsWith(RECORD_PREFIX) ? keyOf(pathText(path)) : undefined;
      if (key === undefined) return calls.getXattr(path, name, into);
      const value = table.get(`${key}:${name}`);
      return value === undefined ? ENODATA : into.write(value, 'latin1');
    },
    setXattr(path, name, value) {
      const key = name.startsWith(RECORD_PREFIX) ? keyOf(pathText(path)) : undefined;
      if (key === undefined) return calls.setXattr(path, name, value);
      table.set(`${key}:${name}`, value);
      return 0;
    },
    removeXattr(path, name) {
      const key = name.startsWith(RECORD_PREFIX) ? keyOf(pathText(path)) : undefined;
      if (key === undefined) return calls.removeXattr(path, name);
      return table.delete(`${key}:${name}`) ? 0 : ENODATA;
    },
    setTimes(fd, times) {
      const { atime } = times;
      const isRecord =
        typeof atime === 'object' &&
        ownerOfTime({ seconds: Number(atime.seconds), nanoseconds: Number(atime.nanoseconds) }) !== undefined;
      if (!isRecord || keyOf(`/proc/self/fd/${fd}`) === undefined) return calls.setTimes(fd, times);
      return calls.setTimes(fd, { ...(times.mtime !== undefined && { mtime: times.mtime }) });
    },
  };
}

function pathText(path: string | Uint8Array): string {
  return typeof path === 'string' ? path : toUtf8(Buffer.from(path).toString('latin1') as ByteString);
}

/** Of `/proc/PID/fd/N`. Empty for one that is gone. */
function fdinfoOf(path: string): string {
  try {
    return readFileSync(path.replace(/\/fd\/(\d+)$/, '/fdinfo/$1'), 'latin1');
  } catch {
    return '';
  }
}
