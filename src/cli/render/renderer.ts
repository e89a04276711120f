// What every progress mode is: a reader of events that draws, is asked to draw again from time to time, and finishes.
import type { EventSink } from '../../core/events.js';

/** How the work ended whose events were shown. */
export type Outcome =
  { readonly kind: 'done'; readonly result: object } | { readonly kind: 'failed'; readonly error: unknown };

/** `none` draws nothing, as `quiet`. */
export type ProgressMode = 'auto' | 'plain' | 'tty' | 'rawjson' | 'quiet' | 'none';

export interface Renderer {
  readonly onEvent: EventSink;
  /** Draws the changes; called about every `refreshMilliseconds`. */
  readonly refresh: () => void;
  /** Somebody else writes on the terminal from now on; what is drawn stays, and the next frame begins below. */
  readonly pause?: () => void;
  /** Draws for the last time; nothing but `conclude` is called afterwards. */
  readonly finish: () => void;
  /** Tells how it ended, for a form that has a place for that: nobody else tells it then. */
  readonly conclude?: (outcome: Outcome) => void;
  /** 0 when the renderer needs no refresh. */
  readonly refreshMilliseconds: number;
}

export interface RendererOptions {
  readonly write: (text: string) => void;
  /** Seconds since the epoch. */
  readonly now: () => number;
}
