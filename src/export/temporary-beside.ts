// What is written beside a user's output until it is complete, and what killed builds left there.
// Invariant: only names that are made here, in that directory, of processes that are gone are removed.
import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A new name in the directory of `path`: `image.tar.tmp-PID-1a2b3c4d`. */
export function temporaryBeside(path: string): string {
  return `${path}.tmp-${process.pid}-${randomBytes(4).toString('hex')}`;
}

export function removeLeftOversBeside(path: string): void {
  const prefix = `${basename(path)}.tmp-`;
  for (const name of readdirSync(dirname(path))) {
    if (!name.startsWith(prefix)) continue;
    const [, pid] = /^(\d+)(?:-[0-9a-f]{8})?$/.exec(name.slice(prefix.length)) ?? [];
    const temporary = join(dirname(path), name);
    if (pid !== undefined && isLeftOver(temporary, Number(pid)))
      rmSync(temporary, { recursive: true, force: true });
  }
}

/** In containers every run may have the same process id: what is older than this process is not of it. */
function isLeftOver(path: string, pid: number): boolean {
  if (pid !== process.pid) return !isRunning(pid);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat !== undefined && stat.mtimeMs < performance.timeOrigin;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
