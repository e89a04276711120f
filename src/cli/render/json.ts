// A result as JSON for programs and people: indented, and nothing in it moves the cursor.
import { escapeJson } from './escape.js';

/** Ends with a newline. Pure. */
export function renderJson(value: object): string {
  return `${JSON.stringify(value, null, 2).split('\n').map(escapeJson).join('\n')}\n`;
}
