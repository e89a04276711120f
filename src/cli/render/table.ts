// Tables for people: a line of titles, a line per row, columns three spaces apart as `docker images` has them.
// Invariant: no line is wider than the terminal as far as columns may be cut, and no cell moves the cursor.
import type { Output } from '../host.js';
import { displayWidth, truncateToWidth } from './display-width.js';
import { escapeLine } from './escape.js';
import type { Paint } from './palette.js';

export interface Column<Row> {
  /** In capitals, as docker has them. */
  readonly title: string;
  text(row: Row): string;
  /** For numbers and sizes. */
  readonly isRight?: true;
  /** May be shortened when the table is wider than the terminal. */
  readonly isCut?: true;
}

export interface TableStyle {
  /** Columns of the terminal; absent: nothing is cut. */
  readonly width?: number;
  /** Paints the line of titles. */
  readonly paintTitles?: Paint;
}

const GAP = '   ';
/** No column is cut to less. */
const LEAST = 8;

/** Ends with a newline. Without rows there are the titles alone. Pure. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { width = Infinity, paintTitles = (text) => text }: TableStyle = {},
): string {
  const titles = columns.map(({ title }) => title);
  const cells = rows.map((row) => columns.map((column) => escapeLine(column.text(row))));
  const widths = fit(columns, widestCells([titles, ...cells]), width);
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, i) => align(cut(text, widths[i]!), widths[i]!, columns[i]!.isRight))
      .join(GAP)
      .trimEnd();
  return [paintTitles(line(titles)), ...cells.map(line)].map((text) => `${text}\n`).join('');
}

/** Colours and a width for a terminal; for anything else neither. Colours are loaded only for a terminal. */
export async function tableStyleOf(stdout: Output, env: NodeJS.ProcessEnv): Promise<TableStyle> {
  if (stdout.isTTY !== true) return {};
  const { createPalette } = await import('./palette.js');
  return { width: stdout.columns || 80, paintTitles: createPalette(env).faint };
}

function widestCells(lines: readonly (readonly string[])[]): number[] {
  return lines[0]!.map((_, i) => lines.reduce((most, cells) => Math.max(most, displayWidth(cells[i]!)), 0));
}

/** Takes what is too much from the widest of the columns that may be cut. */
function fit(columns: readonly Column<never>[], widest: readonly number[], total: number): number[] {
  const widths = [...widest];
  const sum = widths.reduce((a, b) => a + b, GAP.length * Math.max(0, widths.length - 1));
  for (let excess = sum - total; excess > 0; excess--) {
    const candidates = columns.flatMap(({ isCut }, i) => (isCut && widths[i]! > LEAST ? [i] : []));
    if (candidates.length === 0) break;
    const longest = candidates.reduce((a, b) => (widths[b]! > widths[a]! ? b : a));
    widths[longest]!--;
  }
  return widths;
}

function cut(text: string, width: number): string {
  return displayWidth(text) <= width ? text : `${truncateToWidth(text, width - 1)}…`;
}

function align(text: string, width: number, isRight: true | undefined): string {
  const padding = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return isRight ? padding + text : text + padding;
}
