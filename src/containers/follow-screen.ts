// A terminal of a process keeps the size of the terminal that shows it.
import type { WriteStream } from 'node:tty';
import type { TerminalSize } from '../sandbox/process-spec.js';

/** Undefined for what is no terminal; some do not say how large they are. */
export function sizeOfScreen(shown: NodeJS.WritableStream | undefined): TerminalSize | undefined {
  const { isTTY, columns, rows } = (shown ?? {}) as Partial<WriteStream>;
  return isTTY ? { columns: columns || 80, rows: rows || 24 } : undefined;
}

/** Told of the size now, and whenever it changes. @returns what ends that */
export function followScreen(
  shown: NodeJS.WritableStream | undefined,
  resize: (size: TerminalSize) => void,
): () => void {
  const follow = (): void => {
    const size = sizeOfScreen(shown);
    if (size) resize(size);
  };
  follow();
  shown?.on('resize', follow);
  return () => void shown?.off('resize', follow);
}
