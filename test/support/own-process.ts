// Processes that this one started, or that those started.
import { readdirSync, readFileSync } from 'node:fs';

/** The id of the only one whose command line has the text. @throws Error when there is none, or more than one */
export function ownProcess(text: string): number {
  const found = descendantsOf(process.pid).filter((pid) => read(pid, 'cmdline').includes(text));
  const [pid] = found;
  if (pid === undefined || found.length > 1) throw new Error(`${found.length} processes of "${text}"`);
  return pid;
}

function descendantsOf(ancestor: number): number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), Number(/^PPid:\t(\d+)$/m.exec(read(Number(name), 'status'))?.[1])]),
  );
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (parents.get(pid) === ancestor || isBelow(parents.get(pid)));
  return [...parents.keys()].filter(isBelow);
}

function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}
