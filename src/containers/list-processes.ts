// The processes of a container: those whose pid namespace is that of its first process.
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { processRow, type ProcessRow } from './rules/process-row.js';

/** By their numbers. @param main of the container @param now milliseconds since 1970 */
export function listProcesses(main: number, now: number): readonly ProcessRow[] {
  const space = namespaceOf(main);
  if (space === undefined) return [];
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => namespaceOf(pid) === space)
    .sort((a, b) => a - b)
    .flatMap((pid) => rowOf(pid, { uptime, now }) ?? []);
}

/** Undefined for a process that is gone, or of another user. */
function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
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
