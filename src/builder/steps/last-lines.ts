// The last lines of a command's output as text that can be shown anywhere. Pure.
import { stripVTControlCharacters } from 'node:util';

/** As many as BuildKit shows of a step that failed. */
const LINES = 10;
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Empty lines count for nothing; of a line that was written anew after a carriage return the last form is taken. */
export function lastLines(output: string): string {
  return stripVTControlCharacters(output)
    .split(/\r*\n/)
    .map((line) => lastForm(line).replace(CONTROLS, '').trimEnd())
    .filter((line) => line !== '')
    .slice(-LINES)
    .join('\n');
}

function lastForm(line: string): string {
  const kept = line.replace(/\r+$/, '');
  return kept.slice(kept.lastIndexOf('\r') + 1);
}
