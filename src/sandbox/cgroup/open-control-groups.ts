// Control groups for commands whose resources are limited.
import { readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { delegateGroup } from './delegate-group.js';
import { controllersOf, limitFiles, type ResourceLimits } from './limit-files.js';
import { ownGroup } from './own-group.js';
import type { ControlGroups } from './control-groups.js';

const PREFIX = 'tsbuild-command-';

/** Undefined without limits. @throws TsbuildError SANDBOX_NO_CGROUP */
export function openControlGroups(resources: ResourceLimits | undefined): ControlGroups | undefined {
  const files = limitFiles(resources ?? {});
  if (files.length === 0) return undefined;
  const own = ownGroup({
    mountInfo: readFileSync('/proc/self/mountinfo', 'utf8'),
    cgroup: readFileSync('/proc/self/cgroup', 'utf8'),
  });
  const parent = delegateGroup(own, controllersOf(files));
  removeAbandoned(parent);
  return { parent, prefix: `${PREFIX}${process.pid}-`, files };
}

/** Groups of builds that were killed. */
function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = /^tsbuild-command-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    try {
      rmdirSync(join(parent, name));
    } catch (error) {
      // Gone already, or its processes are still ending: the next build removes it.
      if (!['ENOENT', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
