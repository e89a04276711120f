// Which events are shown: `--filter` of `events` (moby daemon/events/filter.go). Pure.
import type { ContainerEvent } from '../events/event-record.js';

/** Values of one member are alternatives, but for labels; all members must hold. */
export interface EventFilter {
  /** Names or beginnings of ids. */
  readonly containers?: readonly string[];
  /** `start`, or the part of an action before its colon. */
  readonly actions?: readonly string[];
  readonly types?: readonly string[];
  readonly images?: readonly string[];
  readonly labels?: readonly { readonly key: string; readonly value?: string }[];
  /** Nanoseconds since 1970. */
  readonly since?: bigint;
  readonly until?: bigint;
}

export function isShownEvent(event: ContainerEvent, filter: EventFilter): boolean {
  const { ID, Attributes } = event.Actor;
  const time = BigInt(event.timeNano);
  return (
    some(filter.types, (type) => type === event.Type) &&
    some(filter.actions, (action) => action === event.Action || event.Action.startsWith(`${action}:`)) &&
    some(
      filter.containers,
      (text) => event.Type === 'container' && (Attributes['name'] === text || ID.startsWith(text)),
    ) &&
    some(filter.images, (image) => Attributes['image'] === image) &&
    (filter.labels ?? []).every(
      ({ key, value }) => Attributes[key] !== undefined && (value === undefined || Attributes[key] === value),
    ) &&
    (filter.since === undefined || time >= filter.since) &&
    (filter.until === undefined || time <= filter.until)
  );
}

function some<Value>(values: readonly Value[] | undefined, holdsFor: (value: Value) => boolean): boolean {
  return values === undefined || values.length === 0 || values.some(holdsFor);
}
