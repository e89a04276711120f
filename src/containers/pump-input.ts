// Carries what is typed, or piped, into a container, until the keys that leave it.
import { Socket } from 'node:net';
import type { ReadStream as TerminalInput } from 'node:tty';
import type { ContainerInput, RelayChoice } from './container-input.js';
import { createKeyWatch, parseKeys } from './detach-keys.js';

export interface PumpChoice extends Pick<RelayChoice, 'detachKeys'> {
  readonly isTerminal: boolean;
  /** The keys were typed. */
  readonly leave: () => void;
}

/** Carries a stream into an input until it ends, or the keys are typed. @returns what stops it */
export function pumpInput(
  stdin: NodeJS.ReadableStream,
  input: ContainerInput,
  { detachKeys, isTerminal, leave }: PumpChoice,
): () => void {
  const keys = createKeyWatch(parseKeys(detachKeys));
  const terminal = stdin as TerminalInput;
  const isRaw = isTerminal && terminal.isTTY === true;
  if (isRaw) terminal.setRawMode(true);
  const onData = (chunk: string | Uint8Array): void => {
    const data = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    const { passed, isMatched } = isRaw ? keys.take(data) : { passed: data, isMatched: false };
    stdin.pause();
    void input.write(passed).then((isRead) => {
      if (isMatched) leave();
      else if (isRead) stdin.resume();
    });
  };
  const onEnd = (): void => input.end();
  stdin.on('data', onData);
  stdin.once('end', onEnd);
  return () => {
    stdin.off('data', onData);
    stdin.off('end', onEnd);
    if (isRaw) terminal.setRawMode(false);
    stdin.pause();
    if (stdin instanceof Socket) stdin.unref();
  };
}
