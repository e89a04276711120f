// What a caller gives beside the request.
import type { EventSink } from './core/events.js';

export interface BuildOptions {
  readonly onEvent?: EventSink;
  readonly signal?: AbortSignal;
  readonly stdin?: NodeJS.ReadableStream;
  readonly stdout?: NodeJS.WritableStream;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}
