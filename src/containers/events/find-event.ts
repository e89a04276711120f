// Whether the file of events has one.
import { readFileSync } from 'node:fs';
import { errnoOf } from '../../core/errno.js';
import type { ContainersPaths } from '../container-paths.js';
import { parseEventLine } from './event-record.js';

export interface WantedEvent {
  /** Of the container. */
  readonly id: string;
  readonly action: string;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
}

export function hasEvent({ events }: Pick<ContainersPaths, 'events'>, wanted: WantedEvent): boolean {
  return [events, `${events}.1`].some((path) =>
    contentOf(path)
      .split('\n')
      .some((line) => isWanted(line, wanted)),
  );
}

function isWanted(line: string, { id, action, sinceMs }: WantedEvent): boolean {
  if (!line.includes(id)) return false;
  const event = parseEventLine(line);
  return event?.Actor.ID === id && event.Action === action && event.timeNano >= sinceMs * 1e6;
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return '';
    throw error;
  }
}
