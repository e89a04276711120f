// What a push shows: the rows of BuildKit's vertex "exporting to image" (exporter/containerimage/export.go,
// util/push/push.go), and how far each layer has come. Bytes that leave before the step begins are shown when it does.
import type { Digest } from '../../core/digest.js';
import type { Emitter, StepReporter } from '../../core/step-events.js';
import { repositoryName, type Reference } from '../../oci/reference.js';
import type { Descriptor } from '../../oci/types.js';

/** Seconds between two reports of a body. */
const INTERVAL = 0.25;

export interface PushProgress {
  sent(blob: Descriptor, repository: Reference, bytes: number): void;
  /** From now on the rows of this step are shown. */
  open(step: Pick<StepReporter, 'id'>): PushRows;
}

export interface PushRows {
  /** A row that begins and ends with the work. */
  during<T>(item: string, work: () => Promise<T>): Promise<T>;
  /** A row for what is done already. */
  done(item: string): void;
}

interface Body {
  readonly item: string;
  readonly total: number;
  current: number;
  due: number;
}

/** @param areRepositoriesNamed when blobs go to several repositories */
export function createPushProgress({ emit, now }: Emitter, areRepositoriesNamed: boolean): PushProgress {
  const bodies = new Map<string, Body>();
  let stepId: string | undefined;
  const show = (item: string, row: { current: number; total?: number; unit?: 'bytes'; isDone?: boolean }) => {
    if (stepId !== undefined) emit({ kind: 'step-progress', id: stepId, item, ...row, time: now() });
  };
  const showBody = (body: Body): void => {
    const { item, total, current } = body;
    body.due = now() + INTERVAL;
    show(item, { current, total, unit: 'bytes', isDone: current === total });
  };
  return {
    sent({ digest, size }, repository, bytes) {
      const key = `${digest} ${repositoryName(repository)}`;
      const item = areRepositoriesNamed ? `${short(digest)} to ${repositoryName(repository)}` : short(digest);
      const body = bodies.get(key) ?? { item, total: size, current: 0, due: -Infinity };
      bodies.set(key, body);
      body.current = bytes;
      if (bytes === size || now() >= body.due) showBody(body);
    },
    open({ id }) {
      stepId = id;
      for (const body of bodies.values()) showBody(body);
      return {
        async during(item, work) {
          show(item, { current: 0 });
          const result = await work();
          show(item, { current: 0, isDone: true });
          return result;
        },
        done: (item) => show(item, { current: 0, isDone: true }),
      };
    },
  };
}

function short(digest: Digest): string {
  return digest.slice(0, 19);
}
