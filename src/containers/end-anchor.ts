// Ends the anchor when the last container has ended: nothing of containers runs then.
import { existsSync, mkdirSync, openSync, closeSync, readdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from '../core/errno.js';
import { LOCK_EX, LOCK_NB } from '../host/flock.js';
import { killKnown } from '../host/known-process.js';
import { loadSyscalls } from '../host/syscalls/system-calls.js';
import { livingAnchor } from '../worker/containers/anchor-record.js';
import type { ContainerHost } from './container-host.js';
import { monitoredState } from './running-state.js';

/** @param ended a container whose monitor may still be this process. @throws TsbuildError STORE_* */
export async function endUnusedAnchor({ paths }: ContainerHost, ended: string): Promise<void> {
  if (!livingAnchor(paths.anchor)) return;
  const isUsed = (): boolean =>
    namesIn(paths.containers).some((id) => id !== ended && monitoredState(paths.of(id)) !== undefined) ||
    namesIn(paths.networks).some((id) => existsSync(paths.network(id).holder));
  if (isUsed()) return;
  const calls = await loadSyscalls();
  mkdirSync(dirname(paths.anchorLock), { recursive: true });
  const lock = openSync(paths.anchorLock, 'a', 0o600);
  try {
    // Who starts a container holds it.
    if (!calls.flock(lock, LOCK_EX | LOCK_NB) || isUsed()) return;
    const anchor = livingAnchor(paths.anchor);
    if (anchor) killKnown(anchor);
    rmSync(paths.anchor, { force: true });
  } finally {
    closeSync(lock);
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
