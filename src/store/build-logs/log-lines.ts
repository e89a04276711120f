// The log of a build as text: a line of JSON for what it is of, one for each event, one for how it ended. Pure.
// Invariant: what an event says is kept whole; a line that is no event of this form, such as the torn last line of a
// build that was killed, is passed over.
import type { BuildEvent } from '../../core/events.js';

/** What a build is of. Holds no value of a build argument and no secret. */
export interface BuildHeader {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly started: number;
  readonly context: string;
  readonly dockerfile?: string | undefined;
  readonly target?: string | undefined;
  readonly tags: readonly string[];
}

export interface BuildEnd {
  /** Seconds since the epoch. */
  readonly ended: number;
  readonly status: 'done' | 'error' | 'canceled';
  /** Of the image. */
  readonly digest?: string | undefined;
  readonly executed?: number | undefined;
  readonly cached?: number | undefined;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string | undefined };
}

export type LogLine =
  | { readonly kind: 'header'; readonly header: BuildHeader }
  | { readonly kind: 'event'; readonly event: BuildEvent }
  | { readonly kind: 'end'; readonly end: BuildEnd };

const VERSION = 1;

/** Ends with a newline. */
export function headerLine(header: BuildHeader): string {
  return `${JSON.stringify({ version: VERSION, header })}\n`;
}

/** Ends with a newline. Output that is no UTF-8 is kept as base64. */
export function eventLine(event: BuildEvent): string {
  if (event.kind !== 'step-log') return `${JSON.stringify(event)}\n`;
  const { data, ...rest } = event;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const text = bytes.toString('utf8');
  const isText = Buffer.byteLength(text) === bytes.length && !text.includes('\ufffd');
  return `${JSON.stringify({ ...rest, ...(isText ? { text } : { base64: bytes.toString('base64') }) })}\n`;
}

/** Ends with a newline. */
export function endLine(end: BuildEnd): string {
  return `${JSON.stringify({ end })}\n`;
}

/** Undefined for a line that says nothing. */
export function parseLine(line: string): LogLine | undefined {
  const value = parsed(line);
  if (!value) return undefined;
  if (value['version'] === VERSION) return { kind: 'header', header: value['header'] as BuildHeader };
  if (value['end']) return { kind: 'end', end: value['end'] as BuildEnd };
  if (typeof value['kind'] !== 'string') return undefined;
  if (value['kind'] !== 'step-log') return { kind: 'event', event: value as unknown as BuildEvent };
  const { text, base64, ...rest } = value;
  const data = typeof text === 'string' ? Buffer.from(text) : Buffer.from(String(base64), 'base64');
  return { kind: 'event', event: { ...rest, data } as unknown as BuildEvent };
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
