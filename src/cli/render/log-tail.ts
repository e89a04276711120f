// The last lines of a step's output as a terminal would show them: a lone carriage return begins the line anew, a
// backspace takes back one character. Memory is bounded: of a line its first characters are kept.

const LONGEST_LINE = 4096;

export interface LogTail {
  readonly write: (data: Uint8Array) => void;
  /** At most as many as were asked for, without empty ones; the line that is being written is the last. */
  readonly lines: () => readonly string[];
}

export function createLogTail(limit: number): LogTail {
  const decoder = new TextDecoder();
  let complete: readonly string[] = [];
  let current = '';
  /** A carriage return has come: what follows decides whether the line ends or begins anew. */
  let isReturned = false;

  const endLine = (): void => {
    if (current.trim() !== '') complete = [...complete, current].slice(-limit);
    current = '';
  };
  const put = (piece: string): void => {
    if (piece === '\n') endLine();
    else if (piece === '\b') current = current.slice(0, -1);
    else current = ((isReturned ? '' : current) + piece).slice(0, LONGEST_LINE);
    isReturned = false;
  };
  return {
    write(data) {
      for (const piece of decoder.decode(data, { stream: true }).split(/([\r\n\b])/)) {
        if (piece === '\r') isReturned = true;
        else if (piece !== '') put(piece);
      }
    },
    lines: () =>
      limit === 0 ? [] : [...complete, ...(current.trim() === '' ? [] : [current])].slice(-limit),
  };
}
