// `health_status: healthy` and `health_status: unhealthy`. Health checks are executed without Node, and leave records
// of their results: the events of a run are made from these while it lasts, and are written into the file of events
// when it is finished, before `die`.
import { listRecords, readFinished, readState } from '../container-files.js';
import type { ContainersPaths } from '../container-paths.js';
import { readHealthChanges, type CheckedRun } from '../read-health.js';
import { containerEvent, type ContainerEvent } from './event-record.js';
import { recordEvent } from './write-event.js';

const ACTION = 'health_status';

/** Of the runs that last, a container after the other. */
export function presentHealthEvents(paths: ContainersPaths): readonly ContainerEvent[] {
  return listRecords(paths)
    .filter(({ config }) => config.healthcheck !== undefined)
    .flatMap((record) => {
      const files = paths.of(record.id);
      const state = readState(files);
      if (!state || readFinished(files)) return [];
      return readHealthChanges(files, { record, state }).map(({ status, at }) =>
        containerEvent(record, `${ACTION}: ${status}`, { now: at / 1000 }),
      );
    });
}

/** Whether events of these actions may be among them. */
export function concernsHealth(actions: readonly string[] | undefined): boolean {
  return !actions || actions.length === 0 || actions.some((action) => action.startsWith(ACTION));
}

/** Of a run that is being finished. */
export function recordHealthEvents(paths: ContainersPaths, run: CheckedRun): void {
  for (const { status, at } of readHealthChanges(paths.of(run.record.id), run))
    recordEvent(paths, run.record, `${ACTION}: ${status}`, { now: at / 1000 });
}
