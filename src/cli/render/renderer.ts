// What every progress mode is: a reader of events that draws, is asked to draw again from time to time, and finishes.
import type { EventSink } from '../../core/events.js';

export interface Renderer {
  readonly onEvent: EventSink;
  /** Draws the changes; called about every `refreshMilliseconds`. */
  readonly refresh: () => void;
  /** Draws for the last time; nothing is called afterwards. */
  readonly finish: () => void;
  /** 0 when the renderer needs no refresh. */
  readonly refreshMilliseconds: number;
}

export interface RendererOptions {
  readonly write: (text: string) => void;
  /** Seconds since the epoch. */
  readonly now: () => number;
}
