// Lines of a log whose records are pieces of two streams: counting, leaving out the first ones, times in front. A line
// belongs to its stream; its place among all lines is where it begins. Pure but for the state that a closure keeps.
import type { LogRecord } from './log-records.js';

export type Output = Extract<LogRecord, { readonly data: Buffer }>;

const NEWLINE = 0x0a;

/** Counts the lines that begin in the records which it is given. */
export function lineCounter(): { readonly add: (record: Output) => void; readonly count: () => number } {
  const isAtStart = { stdout: true, stderr: true };
  let lines = 0;
  return {
    add({ stream, data }) {
      if (isAtStart[stream]) lines += 1;
      for (
        let at = data.indexOf(NEWLINE);
        at >= 0 && at < data.length - 1;
        at = data.indexOf(NEWLINE, at + 1)
      )
        lines += 1;
      isAtStart[stream] = data.at(-1) === NEWLINE;
    },
    count: () => lines,
  };
}

/** Gives what remains of a record without the first `count` lines. */
export function lineDropper(count: number): (record: Output) => Buffer {
  const isAtStart = { stdout: true, stderr: true };
  const isDropped = { stdout: false, stderr: false };
  let left = count;
  return ({ stream, data }) => {
    const kept = (from: number, end: number): readonly Buffer[] => {
      if (from === data.length) return [];
      if (isAtStart[stream]) {
        isDropped[stream] = left > 0;
        left -= isDropped[stream] ? 1 : 0;
      }
      isAtStart[stream] = data[end - 1] === NEWLINE;
      return isDropped[stream] ? [] : [data.subarray(from, end)];
    };
    // Most records come when nothing is left to drop.
    if (left === 0 && !isDropped.stdout && !isDropped.stderr) return data;
    const pieces: Buffer[] = [];
    for (let from = 0; from < data.length;) {
      const newline = data.indexOf(NEWLINE, from);
      const end = newline < 0 ? data.length : newline + 1;
      pieces.push(...kept(from, end));
      from = end;
    }
    return Buffer.concat(pieces);
  };
}

/** Puts the time of a record in front of each line that begins in it. */
export function lineStamper(): (record: Output) => Buffer {
  const isAtStart = { stdout: true, stderr: true };
  return ({ stream, time, data }) => {
    const stamp = Buffer.from(`${timeText(time)} `);
    const pieces: Buffer[] = [];
    for (let from = 0; from < data.length;) {
      const newline = data.indexOf(NEWLINE, from);
      const end = newline < 0 ? data.length : newline + 1;
      if (isAtStart[stream]) pieces.push(stamp);
      pieces.push(data.subarray(from, end));
      isAtStart[stream] = newline >= 0;
      from = end;
    }
    return Buffer.concat(pieces);
  };
}

/** RFC 3339 with nine digits, as docker prints it: `2026-01-02T03:04:05.123456789Z`. */
export function timeText(nanoseconds: bigint): string {
  const seconds = nanoseconds / 1_000_000_000n;
  const fraction = String(nanoseconds % 1_000_000_000n).padStart(9, '0');
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}
