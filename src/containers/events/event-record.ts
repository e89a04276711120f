// What happens to containers, a line of JSON each, with the members of docker's events. Pure.
import type { ContainerRecord } from '../container-record.js';

export interface ContainerEvent {
  readonly Type: 'container' | 'network' | 'volume';
  /** `create`, `start`, `die`, `health_status: healthy`, … */
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly scope: 'local';
  /** Seconds since 1970, and nanoseconds. */
  readonly time: number;
  readonly timeNano: number;
}

/** A line must be written at once: appending is whole up to here. */
const MOST_BYTES = 4096;

export interface EventFacts {
  /** Seconds since 1970. */
  readonly now: number;
  /** Such as `exitCode` and `signal`. */
  readonly attributes?: Readonly<Record<string, string>>;
}

export function containerEvent(
  { id, name, image, config }: ContainerRecord,
  action: string,
  { now, attributes = {} }: EventFacts,
): ContainerEvent {
  return {
    Type: 'container',
    Action: action,
    Actor: { ID: id, Attributes: { ...config.labels, image: image.name, name, ...attributes } },
    scope: 'local',
    time: Math.floor(now),
    timeNano: Math.round(now * 1e9),
  };
}

/** The line, with its end. Labels that would make it too long are left out. */
export function eventLine(event: ContainerEvent): string {
  const line = `${JSON.stringify(event)}\n`;
  if (Buffer.byteLength(line) <= MOST_BYTES) return line;
  const { ID, Attributes } = event.Actor;
  const kept = ['image', 'name', 'exitCode', 'signal', 'execID', 'oldName'].flatMap((key) =>
    Attributes[key] === undefined ? [] : [[key, Attributes[key].slice(0, 256)] as const],
  );
  return `${JSON.stringify({ ...event, Actor: { ID, Attributes: Object.fromEntries(kept) } })}\n`;
}

/** Undefined for a line that is none: it was cut by a full disk. */
export function parseEventLine(line: string): ContainerEvent | undefined {
  try {
    return JSON.parse(line) as ContainerEvent;
  } catch {
    return undefined;
  }
}
