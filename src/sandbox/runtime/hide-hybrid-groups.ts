// crun refuses hosts that have controllers in both versions of control groups, although it is told to use none. So version 2 is covered
// there, in the worker's own mount namespace.
import { closeSync, existsSync, readFileSync } from 'node:fs';
import { openDirectory } from '../../rootfs/path-in-root.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';

/** Where a host has version 2 beside version 1. */
const HYBRID = '/sys/fs/cgroup/unified';

export function hideHybridGroups(calls: SystemCalls): void {
  const controllers = `${HYBRID}/cgroup.controllers`;
  if (!existsSync(controllers) || readFileSync(controllers, 'utf8').trim() === '') return;
  const mount = calls.createMount('tmpfs', [['mode', '555']], 0);
  const target = openDirectory(HYBRID);
  calls.attach(mount, target);
  for (const fd of [mount, target]) closeSync(fd);
}
