// Measures what containers use at one moment: by the control group of the container where it has one, else by /proc of
// its processes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { totalmem } from 'node:os';
import type { ContainerRecord, ContainerState } from './container-record.js';
import { processesOf, type TableProcess } from './processes-of-container.js';
import { groupUsage, networkUsage, processesUsage, type UsageSample } from './rules/container-usage.js';

export type UsageSource = 'control group' | 'processes';

export interface MeasuredUsage extends UsageSample {
  readonly source: UsageSource;
}

/** @param table of the same moment @param at its time */
export function measureUsage(
  { host }: ContainerRecord,
  { main, cgroup }: ContainerState,
  { table, at }: { readonly table: readonly TableProcess[]; readonly at: number },
): MeasuredUsage {
  const network = host.networkMode === 'host' ? '' : textOf(`/proc/${main.pid}/net/dev`);
  const common = { at, ...networkUsage(network) };
  if (cgroup !== undefined && textOf(join(cgroup, 'memory.current')) !== '')
    return { ...common, ...groupUsage(groupTexts(cgroup), totalmem()), source: 'control group' };
  const processes = processesOf(table, main.pid).map((pid) => ({
    stat: textOf(`/proc/${pid}/stat`),
    rollup: textOf(`/proc/${pid}/smaps_rollup`),
    statm: textOf(`/proc/${pid}/statm`),
    io: textOf(`/proc/${pid}/io`),
  }));
  return { ...common, ...processesUsage(processes), memoryLimitBytes: totalmem(), source: 'processes' };
}

function groupTexts(directory: string): Parameters<typeof groupUsage>[0] {
  const of = (name: string): string => textOf(join(directory, name));
  return {
    cpuStat: of('cpu.stat'),
    memoryCurrent: of('memory.current'),
    memoryStat: of('memory.stat'),
    memoryMax: of('memory.max'),
    pidsCurrent: of('pids.current'),
    ioStat: of('io.stat'),
  };
}

/** Empty for what is gone, is not there on this kernel, or is not this user's to read. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
