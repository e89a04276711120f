// Questions on a terminal. What is typed is read from standard input, the question stands on standard error.
// Invariant: the terminal is left as it was, whatever becomes of the question.
import { TsbuildError } from '../core/errors.js';
import type { CliHost } from './host.js';

/** Standard input when it is a terminal. */
interface Terminal extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
}

type PromptHost = Pick<CliHost, 'stdin' | 'stderr' | 'signal'>;

/** Whether somebody can be asked. */
export function isInteractive({ stdin }: Pick<CliHost, 'stdin'>): boolean {
  return (stdin as Terminal).isTTY === true;
}

/**
 * One line, without its end. A secret is not shown while it is typed.
 * @throws TsbuildError ABORTED
 */
export async function prompt(
  question: string,
  { stdin, stderr, signal }: PromptHost,
  { isSecret = false }: { readonly isSecret?: boolean } = {},
): Promise<string> {
  const terminal = stdin as Terminal;
  stderr.write(question);
  if (isSecret) terminal.setRawMode?.(true);
  try {
    return await readLine(terminal, signal);
  } finally {
    if (isSecret) {
      terminal.setRawMode?.(false);
      stderr.write('\n');
    }
    terminal.pause();
  }
}

const END = new Set(['\r', '\n', '\u0004']);
const INTERRUPT = '\u0003';
const ERASE = new Set(['\u007f', '\b']);
const ERASE_LINE = '\u0015';

/** The keys are read one by one: without the terminal's own editing, those that edit and interrupt come here too. */
function readLine(terminal: Terminal, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const typed: string[] = [];
    const finish = (settle: () => void): void => {
      terminal.off('data', onData);
      terminal.off('end', onEnd);
      signal.removeEventListener('abort', onAbort);
      settle();
    };
    const onAbort = (): void => finish(() => reject(new TsbuildError('ABORTED', 'canceled')));
    const onEnd = (): void => finish(() => resolve(typed.join('')));
    const onData = (data: Buffer | string): void => {
      for (const key of data.toString()) {
        if (END.has(key)) return onEnd();
        if (key === INTERRUPT) return onAbort();
        if (ERASE.has(key)) typed.pop();
        else if (key === ERASE_LINE) typed.length = 0;
        else typed.push(key);
      }
    };
    signal.addEventListener('abort', onAbort);
    terminal.on('data', onData);
    terminal.on('end', onEnd);
    terminal.resume();
    if (signal.aborted) onAbort();
  });
}
