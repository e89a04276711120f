// What a container uses, out of the texts of its control group or of /proc. Pure. Absence of a text is an empty one.

/** At one moment. Counters grow over the life of the container. */
export interface UsageSample {
  /** Milliseconds of any clock that does not jump. */
  readonly at: number;
  readonly cpuMs: number;
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number;
  readonly processes: number;
  readonly blockReadBytes: number;
  readonly blockWrittenBytes: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** Of one processor: two that are busy are 200. */
export function cpuPercent(before: UsageSample, after: UsageSample): number {
  const wallMs = after.at - before.at;
  // Of processes that ended in between nothing is known.
  return wallMs <= 0 ? 0 : Math.max(0, (100 * (after.cpuMs - before.cpuMs)) / wallMs);
}

type OfGroup = Omit<UsageSample, 'at' | 'receivedBytes' | 'sentBytes'>;

export interface GroupTexts {
  readonly cpuStat: string;
  readonly memoryCurrent: string;
  readonly memoryStat: string;
  readonly memoryMax: string;
  readonly pidsCurrent: string;
  readonly ioStat: string;
}

/** Memory without the inactive cache of files, as docker counts it. @param machineBytes memory of this machine */
export function groupUsage(texts: GroupTexts, machineBytes: number): OfGroup {
  const inactive = numberAfter(texts.memoryStat, 'inactive_file');
  const limit = Number.parseInt(texts.memoryMax, 10);
  return {
    cpuMs: numberAfter(texts.cpuStat, 'usage_usec') / 1000,
    memoryBytes: Math.max(0, Number(texts.memoryCurrent) - inactive),
    memoryLimitBytes: Number.isNaN(limit) ? machineBytes : Math.min(limit, machineBytes),
    processes: Number(texts.pidsCurrent),
    blockReadBytes: sumOf(texts.ioStat, /\brbytes=(\d+)/g),
    blockWrittenBytes: sumOf(texts.ioStat, /\bwbytes=(\d+)/g),
  };
}

export interface ProcessUsageTexts {
  /** /proc/PID/stat */
  readonly stat: string;
  /** /proc/PID/smaps_rollup, where it may be read. */
  readonly rollup: string;
  /** /proc/PID/statm */
  readonly statm: string;
  /** /proc/PID/io, where it may be read. */
  readonly io: string;
}

const TICK_MS = 10;
const PAGE_BYTES = 4096;

/**
 * Of all processes of the container, with those that ended and were waited for. Threads count as docker counts them.
 */
export function processesUsage(processes: readonly ProcessUsageTexts[]): Omit<OfGroup, 'memoryLimitBytes'> {
  const sum = (of: (texts: ProcessUsageTexts) => number): number =>
    processes.reduce((total, texts) => total + of(texts), 0);
  return {
    cpuMs:
      sum(({ stat }) => [11, 12, 13, 14].reduce((ticks, field) => ticks + fieldOf(stat, field), 0)) * TICK_MS,
    memoryBytes: sum(memoryOf),
    processes: sum(({ stat }) => fieldOf(stat, 17)),
    blockReadBytes: sum(({ io }) => numberAfter(io, 'read_bytes:')),
    blockWrittenBytes: sum(({ io }) => numberAfter(io, 'write_bytes:')),
  };
}

/** A page that several have is shared out among them, where the kernel tells that. */
function memoryOf({ rollup, statm }: ProcessUsageTexts): number {
  if (rollup !== '') return numberAfter(rollup, 'Pss:') * 1024;
  return Number(statm.split(' ')[1] ?? 0) * PAGE_BYTES;
}

/** Of all interfaces but `lo`. @param text of /proc/PID/net/dev */
export function networkUsage(text: string): Pick<UsageSample, 'receivedBytes' | 'sentBytes'> {
  const rows = text
    .split('\n')
    .map((line) => /^\s*([^:\s]+):\s*(.*)$/.exec(line))
    .filter((found) => found !== null && found[1] !== 'lo')
    .map((found) => found![2]!.trim().split(/\s+/).map(Number));
  const total = (column: number): number => rows.reduce((sum, row) => sum + (row[column] ?? 0), 0);
  return { receivedBytes: total(0), sentBytes: total(8) };
}

/** Of proc_pid_stat(5), counted behind the name, which may hold anything. */
function fieldOf(stat: string, index: number): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[index] ?? 0) || 0;
}

function numberAfter(text: string, word: string): number {
  const at = `\n${text}`.indexOf(`\n${word}`);
  return at === -1 ? 0 : Number.parseInt(text.slice(at + word.length), 10) || 0;
}

function sumOf(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((sum, [, digits]) => sum + Number(digits), 0);
}
