// One line of comma separated values as Go's encoding/csv reads it: the value of --mount and --device.
import { syntaxError } from './syntax-error.js';

/** @throws TsbuildError DOCKERFILE_SYNTAX `failed to parse csv mounts: …` (`what` is `mounts`) */
export function parseCsvFields(text: string, what: string): string[] {
  const fail = (message: string): never => {
    throw syntaxError(`failed to parse csv ${what}: ${message}`);
  };
  const failAt = (position: number, message: string): never => {
    const column = Buffer.byteLength(text.slice(0, position)) + 1;
    return fail(`parse error on line 1, column ${column}: ${message}`);
  };
  if (text === '') fail('EOF');
  const fields: string[] = [];
  let position = 0;
  for (;;) {
    const field =
      text[position] === '"' ? quotedField(text, position, failAt) : bareField(text, position, failAt);
    fields.push(field.value);
    if (field.end >= text.length) return fields;
    position = field.end + 1;
  }
}

interface Field {
  readonly value: string;
  /** Index of the comma behind it, or the length of the text. */
  readonly end: number;
}

type FailAt = (position: number, message: string) => never;

function bareField(text: string, start: number, failAt: FailAt): Field {
  const comma = text.indexOf(',', start);
  const end = comma < 0 ? text.length : comma;
  const value = text.slice(start, end);
  const quote = value.indexOf('"');
  if (quote >= 0) failAt(start + quote, 'bare " in non-quoted field');
  return { value, end };
}

function quotedField(text: string, start: number, failAt: FailAt): Field {
  let value = '';
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] !== '"') value += text[i];
    else if (text[i + 1] === '"') value += text[i++];
    else if (i + 1 === text.length || text[i + 1] === ',') return { value, end: i + 1 };
    else failAt(i, 'extraneous or missing " in quoted-field');
  }
  return failAt(text.length, 'extraneous or missing " in quoted-field');
}
