// The processes of a container as `top` shows them.
import { readFileSync, statSync } from 'node:fs';
import { processesOf, processTable } from './processes-of-container.js';
import { processRow, type ProcessRow } from './rules/process-row.js';

/** By their numbers. @param main of the container @param now milliseconds since 1970 */
export function listProcesses(main: number, now: number): readonly ProcessRow[] {
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  return processesOf(processTable(), main).flatMap((pid) => rowOf(pid, { uptime, now }) ?? []);
}

function rowOf(pid: number, machine: Parameters<typeof processRow>[1]): ProcessRow | undefined {
  try {
    const folder = `/proc/${pid}`;
    return processRow(
      {
        pid,
        stat: readFileSync(`${folder}/stat`, 'utf8'),
        cmdline: readFileSync(`${folder}/cmdline`, 'utf8'),
        uid: statSync(folder).uid,
      },
      machine,
    );
  } catch {
    // It has ended since it was listed.
    return undefined;
  }
}
