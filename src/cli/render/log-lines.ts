// Cuts the output of a step into lines as it comes. A lone carriage return ends a line too: a progress bar cannot
// overwrite what stands before it. Memory is bounded: a line longer than 64 KiB is cut.

const MAX_LINE = 65_536;

export interface LogLine {
  /** Of the chunk in which the line began; seconds. */
  readonly time: number;
  readonly text: string;
}

export interface LogLines {
  /** The lines that this chunk completes. */
  readonly write: (data: Uint8Array, time: number) => LogLine[];
  /** The line that has begun and has no end yet. */
  readonly partial: () => LogLine | undefined;
}

export function createLogLines(): LogLines {
  const decoder = new TextDecoder();
  let partial: LogLine | undefined;
  let endedByReturn = false;

  const write = (data: Uint8Array, time: number): LogLine[] => {
    const complete: LogLine[] = [];
    for (const piece of decoder.decode(data, { stream: true }).split(/(\r\n|\r|\n)/)) {
      if (piece === '') continue;
      if (piece === '\n' && endedByReturn) {
        // The second half of a CRLF that was cut in two.
        endedByReturn = false;
        continue;
      }
      endedByReturn = piece === '\r';
      if (piece === '\r' ? partial !== undefined : piece === '\n' || piece === '\r\n') {
        complete.push(partial ?? { time, text: '' });
        partial = undefined;
      } else if (piece !== '\r') {
        partial = { time: partial?.time ?? time, text: (partial?.text ?? '') + piece };
        while (partial.text.length > MAX_LINE) {
          complete.push({ time: partial.time, text: partial.text.slice(0, MAX_LINE) });
          partial = { time, text: partial.text.slice(MAX_LINE) };
        }
      }
    }
    return complete;
  };
  return { write, partial: () => partial };
}
