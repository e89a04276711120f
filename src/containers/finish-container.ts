// What is done when a run of a container has ended: its networks and control group are let go, its end is written down,
// and it is started again, or removed, as its policies say. By its monitor's successor, by the command that follows it,
// or by a command that finds that its monitor was killed. Doing it twice is harmless.
import { linkSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { errnoOf } from '../core/errno.js';
import { bootId } from '../host/boot-id.js';
import { killKnown } from '../host/known-process.js';
import { readExit, readFinished, readRecord, readState } from './container-files.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerPaths } from './container-paths.js';
import type { ContainerState, FinishedState } from './container-record.js';
import { KILLED } from './running-state.js';
import { leaveNetworks } from './start-network.js';

const UNKNOWN = 255;

/** @returns how it ended; undefined when it never ran, or is gone */
export async function finishRun(host: ContainerHost, id: string): Promise<FinishedState | undefined> {
  const files = host.paths.of(id);
  const record = readRecord(host.paths, id);
  const state = readState(files);
  if (!record || !state) return readFinished(files);
  const known = readFinished(files);
  if (known) return known;
  const isOfThisBoot = state.bootId === bootId();
  if (isOfThisBoot) for (const one of [state.main, ...state.helpers]) killKnown(one);
  if (isOfThisBoot && record.host.isolation === 'chroot') await endProcessesIn(files.directory);
  await leaveNetworks(host, record, isOfThisBoot ? state : undefined);
  const isOutOfMemory = state.cgroup !== undefined && (await leaveGroup(state.cgroup));
  const finished = {
    ...endOf(files, state, { isOfThisBoot, nowMs: host.now() * 1000 }),
    isOutOfMemory,
    startedAt: state.startedAt,
  };
  writeOnce(files, finished);
  return finished;
}

function endOf(
  files: ContainerPaths,
  state: ContainerState,
  { isOfThisBoot, nowMs }: { readonly isOfThisBoot: boolean; readonly nowMs: number },
): Pick<FinishedState, 'exitCode' | 'error' | 'finishedAt'> {
  const exit = readExit(files);
  if (exit) return { ...exit, error: '' };
  const finishedAt = Math.max(nowMs, state.startedAt);
  if (isOfThisBoot) return { ...KILLED, finishedAt };
  return { exitCode: UNKNOWN, error: 'the machine was started anew', finishedAt };
}

/** No namespace ends them. */
async function endProcessesIn(directory: string): Promise<void> {
  const { killProcessesIn } = await import('../sandbox/chroot/process-table.js');
  killProcessesIn(directory);
}

/** The first one who says it is right. */
function writeOnce({ finished }: ContainerPaths, state: FinishedState): void {
  const temporary = `${finished}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(state), { mode: 0o600 });
  try {
    linkSync(temporary, finished);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** @returns whether the kernel killed something in it for want of memory */
async function leaveGroup(directory: string): Promise<boolean> {
  const { readFileSync } = await import('node:fs');
  let events = '';
  try {
    events = readFileSync(`${directory}/memory.events`, 'utf8');
    rmdirSync(directory);
  } catch (error) {
    // Gone already, without the controller of memory, or something in it still ends: the next one removes it.
    if (!['ENOENT', 'EBUSY'].includes(errnoOf(error) ?? '')) throw error;
  }
  return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0) > 0;
}
