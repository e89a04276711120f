// A line of a terminal: nothing in it moves the cursor, and it is no wider than the screen. Pure.
import { displayWidth, truncateToWidth } from './display-width.js';
import { escapeLine } from './escape.js';
import type { TableStyle } from './table.js';

/** With its newline. */
export function cutLine(text: string, { width = Infinity }: Pick<TableStyle, 'width'>): string {
  const line = escapeLine(text);
  return `${displayWidth(line) <= width ? line : `${truncateToWidth(line, width - 1)}…`}\n`;
}
