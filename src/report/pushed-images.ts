// What was pushed, out of the rows that a push shows: a row for each name with its digest, and one for the bytes of
// each blob. Pure.
import type { BuildEvent } from '../core/events.js';
import type { PushedImage } from './report-data.js';

type Progress = Extract<BuildEvent, { kind: 'step-progress' }>;

const NAME = /^pushing manifest for (.+)@(sha256:[0-9a-f]{64})$/;
const BLOB = /^sha256:[0-9a-f]{12}( to .+)?$/;

export interface Pushes {
  add(progress: Progress): void;
  end(): readonly PushedImage[];
}

export function collectPushes(): Pushes {
  const names = new Map<string, { readonly step: string; readonly name: string; readonly digest: string }>();
  const sent = new Map<string, Map<string, number>>();
  return {
    add({ id, item, isDone, current, unit }) {
      const [, name, digest] = NAME.exec(item) ?? [];
      if (name !== undefined && digest !== undefined && isDone === true)
        names.set(`${id} ${item}`, { step: id, name, digest });
      if (unit !== 'bytes' || !BLOB.test(item)) return;
      const blobs = sent.get(id) ?? new Map<string, number>();
      sent.set(id, blobs.set(item, Math.max(current, blobs.get(item) ?? 0)));
    },
    end: () =>
      [...names.values()].map(({ step, name, digest }) => ({
        name,
        digest,
        sent: [...(sent.get(step)?.values() ?? [])].reduce((sum, bytes) => sum + bytes, 0),
      })),
  };
}
