// What a build started or left behind, read from /proc of all processes that the caller may look into.
import { readFileSync, readdirSync } from 'node:fs';

/** A file of /proc; empty when the process is gone or belongs to someone else. */
export function readProc(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}

function allProcesses() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({
      pid: Number(name),
      command: readProc(name, 'cmdline').replaceAll('\0', ' ').trim(),
      parent: Number(/\) \S (\d+)/.exec(readProc(name, 'stat'))?.[1] ?? 0),
    }));
}

/** Processes below `pid`, the nearest first: { pid, command, parent }. */
export function descendantsOf(pid) {
  const processes = allProcesses();
  const found = [];
  let parents = new Set([pid]);
  while (parents.size > 0) {
    const children = processes.filter(({ parent }) => parents.has(parent));
    found.push(...children);
    parents = new Set(children.map((child) => child.pid));
  }
  return found;
}

/** Processes that name the store at `root` in their command line, environment or mounts. */
export function tracesOf(root) {
  return allProcesses().filter(({ pid, command }) => {
    if (pid === process.pid) return false;
    return (
      command.includes(root) || ['environ', 'mountinfo'].some((file) => readProc(pid, file).includes(root))
    );
  });
}
