// Appends to the file of events. A full disk loses the event, not what it tells of.
import { appendFileSync, renameSync, statSync } from 'node:fs';
import { errnoOf } from '../../core/errno.js';
import type { ContainersPaths } from '../container-paths.js';
import type { ContainerRecord } from '../container-record.js';
import { containerEvent, eventLine, type EventFacts } from './event-record.js';

const MOST_BYTES = 4 * 1024 * 1024;

/** Done before it returns. */
export function recordEvent(
  paths: ContainersPaths,
  record: ContainerRecord,
  action: string,
  facts: EventFacts,
): void {
  try {
    rotate(paths.events);
    appendFileSync(paths.events, eventLine(containerEvent(record, action, facts)), { mode: 0o600 });
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}

/** The older half of history is the file `.1`. */
function rotate(path: string): void {
  try {
    if (statSync(path).size > MOST_BYTES) renameSync(path, `${path}.1`);
  } catch (error) {
    // Nothing has happened yet, or another process was faster.
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}
