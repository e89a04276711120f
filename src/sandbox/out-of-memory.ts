// Whether the kernel killed something for want of memory: the counter of this process's control group (cgroup-v2 memory.events).
import { existsSync, readFileSync } from 'node:fs';

/** Kills so far in the control group and below; 0 where there is no such counter. */
export function outOfMemoryKills(): number {
  const group = /^0::(\/.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
  const events = `/sys/fs/cgroup${group ?? ''}/memory.events`;
  if (group === undefined || !existsSync(events)) return 0;
  return Number(/^oom_kill (\d+)$/m.exec(readFileSync(events, 'utf8'))?.[1] ?? 0);
}
