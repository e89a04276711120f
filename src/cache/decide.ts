// The decision of the cache: a hit, or a miss with its reason. A hit costs one look at each source up to the one that
// has it; the reason of a miss is worked out for who asks.
import type { InputChange, MissReason } from '../core/miss-reason.js';
import { changedInputs } from './changed-inputs.js';
import type { Found, LastStep, Place, RecordSource } from './record-source.js';
import { keyOf, type KeyInputs } from './step-key.js';

export interface Question {
  readonly inputs: KeyInputs;
  /** No source is asked for the key. */
  readonly isCacheIgnored: boolean;
  /** Where the work stands. Without it, a miss says of no input that it has changed. */
  readonly place?: () => Place;
}

export type Decision<R> =
  | { readonly kind: 'hit'; readonly found: Found<R>; readonly from: string }
  | { readonly kind: 'miss'; why(): Promise<MissReason> };

/** The first source that has the record and what it names decides. @throws what a source throws */
export async function decide<R>(
  sources: readonly RecordSource<R>[],
  question: Question,
): Promise<Decision<R>> {
  const { isCacheIgnored, inputs } = question;
  if (isCacheIgnored) return { kind: 'miss', why: async () => ({ kind: 'ignored' }) };
  const key = keyOf(inputs);
  let lost: Found<R>['lost'];
  for (const source of sources) {
    const found = await source.find(key);
    if (found && found.lost === undefined) return { kind: 'hit', found, from: source.name };
    lost ??= found?.lost;
  }
  return {
    kind: 'miss',
    why: async () => (lost === undefined ? whyUnknown(sources, question) : { kind: 'lost', part: lost }),
  };
}

/** Of a key that no source has a record of. */
async function whyUnknown(
  sources: readonly RecordSource<unknown>[],
  { inputs, place }: Question,
): Promise<MissReason> {
  const last = place && (await lastAt(sources, place()));
  if (last?.key === keyOf(inputs))
    return last.isRefused ? { kind: 'refused' } : { kind: 'lost', part: 'record' };
  if (!last?.inputs) return { kind: 'never' };
  const changes: readonly InputChange[] = changedInputs(last.inputs, inputs);
  return { kind: 'changed', inputs: changes };
}

async function lastAt(
  sources: readonly RecordSource<unknown>[],
  place: Place,
): Promise<LastStep | undefined> {
  for (const source of sources) {
    const last = await source.lastAt?.(place);
    if (last) return last;
  }
  return undefined;
}
