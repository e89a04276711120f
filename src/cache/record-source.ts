// Where records are looked for: the store of this machine, and whatever else can answer the same two questions.
import type { KeyInputs, StepKey } from './step-key.js';

/** A step, told by where it stands and not by what it works on. */
export type Place = StepKey;

/**
 * Both questions may be asked again, change nothing, and are answered by undefined where nothing is known: also where a
 * source cannot be reached, which it tells the user by itself. What they throw ends the build: ABORTED, or a
 * TsbuildError that a user must act on.
 */
export interface RecordSource<R> {
  /** For messages. */
  readonly name: string;
  find(key: StepKey): Found<R> | undefined | Promise<Found<R> | undefined>;
  /** Absent where places are not known. */
  lastAt?(place: Place): LastStep | undefined | Promise<LastStep | undefined>;
}

export interface Found<R> {
  readonly record: R;
  /** What the record names and the source does not have. Such a record is no hit. */
  readonly lost?: 'blob' | 'index';
  /**
   * Called before the build depends on the record. What the record names lies in the store afterwards, and stays with
   * the image.
   */
  use(): void | Promise<void>;
}

/** What was made at a place the last time. */
export interface LastStep {
  readonly key: StepKey;
  /** Its layer was refused when it was made or found. */
  readonly isRefused: boolean;
  /** Undefined when its record is gone. */
  readonly inputs: KeyInputs | undefined;
}
