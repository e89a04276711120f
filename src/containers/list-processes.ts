// The processes of a container: those whose pid namespace is that of its first process, or, where containers have none,
// whose root directory is.
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { processRow, type ProcessRow } from './rules/process-row.js';

/** By their numbers. @param main of the container @param now milliseconds since 1970 */
export function listProcesses(
  main: number,
  now: number,
  { isByRoot = false }: { readonly isByRoot?: boolean } = {},
): readonly ProcessRow[] {
  const link = isByRoot ? 'root' : 'ns/pid';
  const space = linkOf(main, link);
  if (space === undefined) return [];
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => linkOf(pid, link) === space)
    .sort((a, b) => a - b)
    .flatMap((pid) => rowOf(pid, { uptime, now }) ?? []);
}

/** Undefined for a process that is gone, or of another user. */
function linkOf(pid: number, name: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/${name}`);
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
