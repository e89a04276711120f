// The anchor: a process that does nothing in the user namespace of all containers, so that the namespace stays when no
// container runs for a moment, and is found by the next one. Its record is a file. Who holds the lock shared may start
// containers beside it; who holds it alone may make or end one.
import { closeSync, readlinkSync, renameSync, writeFileSync } from 'node:fs';
import { errnoOf } from '../../core/errno.js';
import { bootId } from '../../host/boot-id.js';
import { LOCK_EX, LOCK_SH, waitForLock } from '../../host/flock.js';
import { knownProcess, type KnownProcess } from '../../host/known-process.js';
import type { OwnSystemCalls } from '../../host/syscalls/system-calls.js';
import { restMessage } from '../../sandbox/launcher/make-message.js';
import type { LauncherStarter } from '../../sandbox/launcher/start-launcher.js';
import { livingAnchor, type AnchorRecord } from './anchor-record.js';
import type { ContainerGround } from './container-process.js';

export interface HeldAnchor {
  /** `elsewhere`: it lives in another user namespace than this process. */
  readonly place: 'here' | 'elsewhere';
  /** While this descriptor is open, nobody ends the anchor. */
  readonly lock: number;
}

/**
 * Makes the anchor when there is none.
 * @param starter of launchers in the user namespace of this process
 */
export async function holdAnchor(
  calls: OwnSystemCalls,
  { anchor, anchorLock }: ContainerGround,
  starter: LauncherStarter,
): Promise<HeldAnchor> {
  // Who gives up the start ends this process.
  const { signal } = new AbortController();
  const shared = await waitForLock(calls, anchorLock, LOCK_SH, signal);
  const place = placeOf(livingAnchor(anchor));
  if (place) return { place, lock: shared };
  closeSync(shared);
  const alone = await waitForLock(calls, anchorLock, LOCK_EX, signal);
  const made = placeOf(livingAnchor(anchor));
  if (!made) makeAnchor(starter, anchor);
  calls.flock(alone, LOCK_SH);
  return { place: made ?? 'here', lock: alone };
}

function placeOf(anchor: KnownProcess | undefined): 'here' | 'elsewhere' | undefined {
  if (!anchor) return undefined;
  try {
    const own = readlinkSync('/proc/self/ns/user');
    return readlinkSync(`/proc/${anchor.pid}/ns/user`) === own ? 'here' : 'elsewhere';
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(errnoOf(error) ?? '')) return undefined;
    // One that is beside this namespace, not below it, is hidden.
    if (errnoOf(error) === 'EACCES') return 'elsewhere';
    throw error;
  }
}

/** Until its record is written it ends with this process, so that nobody is left whom nobody knows. */
function makeAnchor(starter: LauncherStarter, path: string): void {
  const launcher = starter.start([]);
  launcher.calls.startSession();
  writeRecord(path, { ...knownProcess(launcher.pid)!, bootId: bootId() });
  launcher.tell(restMessage());
  launcher.close();
}

function writeRecord(path: string, record: AnchorRecord): void {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(record), { mode: 0o600 });
  renameSync(temporary, path);
}
