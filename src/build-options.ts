// What a caller gives beside the request. Its types need none of Node's: users of the package have those or not.
import type { EventSink } from './core/events.js';

/** As `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** As `process.stdin`: one of Node's streams. */
export interface InputStream extends AsyncIterable<string | Uint8Array> {
  on(event: string, listener: (...args: readonly unknown[]) => void): unknown;
}

/** As `process.stdout`: one of Node's streams. */
export interface OutputStream {
  write(data: string | Uint8Array): boolean;
  on(event: string, listener: (...args: readonly unknown[]) => void): unknown;
}

export interface BuildOptions {
  readonly onEvent?: EventSink;
  /** Ends what was begun; nothing half written is left. */
  readonly signal?: AbortSignal;
  /** For what is read from `-`. By default that of this process, which is opened only then. */
  readonly stdin?: InputStream;
  /**
   * For what is written to `-`. By default that of this process. It is not ended: that is the caller's to do, with
   * `end()`.
   */
  readonly stdout?: OutputStream;
  /** Opens a shell on `stdin` and `stdout`, a terminal, where a RUN failed. The build fails when the shell ends. */
  readonly onError?: 'shell';
  /** By default that of this process. */
  readonly env?: Environment;
  /** Relative paths are relative to it. */
  readonly cwd?: string;
}
