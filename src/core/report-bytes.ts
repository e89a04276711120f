// How far a download has come, told while its chunks pass.
import type { Emitter } from './step-events.js';

/** Seconds between two reports. */
const INTERVAL = 0.25;

export interface BytesOfStep {
  /** Of the displayed step. */
  readonly id: string;
  /** What the bytes are of, as shown. */
  readonly item: string;
  /** Bytes; absent when it is not known how many come. */
  readonly total?: number | undefined;
}

/**
 * The same chunks. The last report says that all is there. With a known total it comes before the chunk that completes
 * it, since a reader that has all promised bytes may not ask for more.
 */
export async function* reportBytes(
  { emit, now }: Emitter,
  chunks: AsyncIterable<Buffer>,
  { id, item, total }: BytesOfStep,
): AsyncGenerator<Buffer, void> {
  const known = { kind: 'step-progress', id, item, ...(total === undefined ? {} : { total }) } as const;
  let current = 0;
  let due = -Infinity;
  for await (const chunk of chunks) {
    current += chunk.length;
    const time = now();
    const isDone = current === total;
    if (isDone || time >= due) {
      emit({ ...known, current, unit: 'bytes', isDone, time });
      due = time + INTERVAL;
    }
    yield chunk;
  }
  if (current !== total) emit({ ...known, current, unit: 'bytes', isDone: true, time: now() });
}
