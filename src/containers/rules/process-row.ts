// A process as `ps -ef` shows it, out of the texts of /proc (proc_pid_stat(5)). Pure.

export interface ProcessTexts {
  readonly pid: number;
  /** /proc/PID/stat. */
  readonly stat: string;
  /** /proc/PID/cmdline: words that end with a zero byte. */
  readonly cmdline: string;
  /** Of the owner of /proc/PID. */
  readonly uid: number;
}

export interface ProcessRow {
  /** As this machine knows the user, and the processes. */
  readonly UID: string;
  readonly PID: string;
  readonly PPID: string;
  /** Percent of a processor over its life. */
  readonly C: string;
  readonly STIME: string;
  readonly TTY: string;
  readonly TIME: string;
  readonly CMD: string;
}

export interface MachineFacts {
  /** Seconds since the machine started. */
  readonly uptime: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const TICKS_PER_SECOND = 100;
const PTS_MAJOR = 136;

/** Undefined when the text is cut: the process has just ended. */
export function processRow(
  { pid, stat, cmdline, uid }: ProcessTexts,
  { uptime, now }: MachineFacts,
): ProcessRow | undefined {
  const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [parent, tty, user, kernel, start] = [1, 4, 11, 12, 19].map((index) => Number(fields[index]));
  if (start === undefined || Number.isNaN(start)) return undefined;
  const used = (user! + kernel!) / TICKS_PER_SECOND;
  const age = Math.max(0, uptime - start / TICKS_PER_SECOND);
  const words = cmdline.split('\0').filter(Boolean);
  return {
    UID: String(uid),
    PID: String(pid),
    PPID: String(parent),
    C: String(age === 0 ? 0 : Math.min(99, Math.floor((100 * used) / age))),
    STIME: new Date(now - age * 1000).toTimeString().slice(0, 5),
    TTY: ttyName(tty!),
    TIME: clock(Math.floor(used)),
    CMD: words.length === 0 ? `[${name}]` : words.join(' '),
  };
}

function ttyName(device: number): string {
  const [major, minor] = [(device >> 8) & 0xfff, (device & 0xff) | ((device >> 12) & 0xfff00)];
  if (device === 0) return '?';
  return major >= PTS_MAJOR && major < PTS_MAJOR + 8 ? `pts/${(major - PTS_MAJOR) * 256 + minor}` : '?';
}

function clock(seconds: number): string {
  const two = (number: number) => String(number).padStart(2, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
