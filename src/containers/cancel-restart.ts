// A stop between two runs of a container: what waits to start it again, or is about to, ends.
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { bootId } from '../host/boot-id.js';
import { isAlive, killKnown } from '../host/known-process.js';
import { stays } from './after-end.js';
import { readFinished, readState, writeJson } from './container-files.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerRecord } from './container-record.js';
import { endAnchor } from './end-anchor.js';
import { finisherOf } from './running-state.js';
import { tryRunLock } from './run-lock.js';
import { leaveNetworks } from './start-network.js';

const POLL_MS = 2;

/** @returns false when no restart was to follow, or it was done already: then the next run runs */
export async function cancelRestart(host: ContainerHost, record: ContainerRecord): Promise<boolean> {
  const files = host.paths.of(record.id);
  const finished = readFinished(files);
  const state = readState(files);
  if (!state || finished?.next?.kind !== 'restart') return false;
  if (state.bootId === bootId()) killKnown(finisherOf(state));
  for (;;) {
    const lock = await tryRunLock(files);
    if (lock === undefined) {
      // A start that was under way ends with its starter, or has come so far that it is the next run.
      const present = readState(files);
      if (present && present.startedAt !== state.startedAt && isAlive(present.monitor)) return false;
      await sleep(POLL_MS);
      continue;
    }
    try {
      writeJson(files.state, { ...state, isStoppedByUser: true });
      writeJson(files.finished, stays(finished));
      await leaveNetworks(host, record);
      await endAnchor(host);
      return true;
    } finally {
      closeSync(lock);
    }
  }
}
