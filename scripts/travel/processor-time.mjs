// Seconds that processors have worked for this script and all that it started from now on, whatever became of their parents: by a
// control group of its own, which needs root. Elsewhere of the whole machine, on which nothing else may work then.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const GROUPS = '/sys/fs/cgroup';

/** Gives { seconds(), isOwn, close() }. */
export function openProcessorTime() {
  for (const [root, secondsIn] of [
    [GROUPS, usageOfVersion2],
    [join(GROUPS, 'cpuacct'), usageOfVersion1],
  ]) {
    const folder = join(root, `tsbuild-script-${process.pid}`);
    if (!existsSync(join(root, 'cgroup.procs'))) continue;
    try {
      mkdirSync(folder);
      writeFileSync(join(folder, 'cgroup.procs'), String(process.pid));
    } catch (error) {
      if (!['EACCES', 'EPERM', 'EROFS', 'EBUSY'].includes(error.code)) throw error;
      continue;
    }
    return { isOwn: true, seconds: () => secondsIn(folder), close: () => leave(root, folder) };
  }
  return { isOwn: false, seconds: secondsOfMachine, close: () => undefined };
}

/** proc_stat(5), in ticks of a hundredth. */
function secondsOfMachine() {
  const [, user, nice, system] = readFileSync('/proc/stat', 'utf8').split(/\s+/, 4).map(Number);
  return (user + nice + system) / 100;
}

function usageOfVersion2(folder) {
  return Number(/^usage_usec (\d+)$/m.exec(readFileSync(join(folder, 'cpu.stat'), 'utf8'))[1]) / 1e6;
}

function usageOfVersion1(folder) {
  return Number(readFileSync(join(folder, 'cpuacct.usage'), 'utf8')) / 1e9;
}

/** A group with processes cannot be removed. */
function leave(root, folder) {
  writeFileSync(join(root, 'cgroup.procs'), String(process.pid));
  try {
    rmdirSync(folder);
  } catch (error) {
    if (error.code !== 'EBUSY') throw error;
  }
}
