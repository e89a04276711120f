// `--format`: the part of Go's templates that scripts write, over plain data. `{{.Field}}` and `{{.Field.Member}}`,
// `{{json .Field}}`, `{{index .Field 0}}`, and text between them; `table ` in front makes a table.
// Invariant: everything else is refused with the fields that there are, and nothing is printed half.
import { TsbuildError } from '../../core/errors.js';
import { escapeJson, escapeLine } from './escape.js';
import { renderTable, type TableStyle } from './table.js';

type Path = readonly string[];

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'value';
      /** Empty for `.`, the whole. */
      readonly path: Path;
      readonly keys: readonly (string | number)[];
      readonly isJson: boolean;
    };

interface Template {
  readonly isTable: boolean;
  /** Spaces of JSON that has a line for each value; absent: JSON on one line. */
  readonly indent?: number;
  readonly parts: readonly Part[];
}

type Row = Readonly<Record<string, unknown>>;

export interface TemplateOptions {
  /** The members that a row has. */
  readonly fields: readonly string[];
  /** Titles of a table's columns where they are not the name of the field in capitals. */
  readonly titles?: Readonly<Record<string, string>>;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\t': '\t', '\\n': '\n' };
const FIELD = String.raw`\.(?:[A-Za-z_][\w]*(?:\.[A-Za-z_][\w]*)*)?`;
const KEY = String.raw`(?:\d+|"(?:[^"\\]|\\.)*")`;
const ACTION = new RegExp(
  String.raw`^(?:(json)\s+)?(?:(${FIELD})|\(?\s*index\s+(${FIELD})((?:\s+${KEY})+)\s*\)?)$`,
);

/** @throws TsbuildError OPTION_INVALID for what is no template of this kind, or names a field that is none */
export function parseTemplate(text: string, { fields }: TemplateOptions): Template {
  const isTable = /^table(\s|$)/.test(text);
  const body = (isTable ? text.slice('table'.length).trimStart() : text).replace(
    /\\[tn]/g,
    (found) => ESCAPES[found]!,
  );
  const parts = body.split(/(\{\{.*?\}\})/s).flatMap((piece): readonly Part[] => {
    if (piece === '') return [];
    if (!piece.startsWith('{{')) return [textPart(piece, fields)];
    return [valuePart(piece, fields)];
  });
  return { isTable, parts };
}

/** A line per row. */
export function renderTemplate(template: Template, rows: readonly Row[]): string {
  return rows.map((row) => `${lineOf(template, row)}\n`).join('');
}

/**
 * `table`, `json` (a line of JSON per row) or a template.
 * @throws TsbuildError OPTION_INVALID
 */
export function renderFormat(
  format: string,
  rows: readonly Row[],
  { style, ...options }: TemplateOptions & { readonly style: TableStyle },
): string {
  if (format === 'json') return rows.map((row) => `${escapeJson(JSON.stringify(row))}\n`).join('');
  const template = parseTemplate(format, options);
  return template.isTable ? tableOf(template, rows, { style, ...options }) : renderTemplate(template, rows);
}

/** Cells are what stands between tabs, titles are the fields. */
function tableOf(
  { parts }: Template,
  rows: readonly Row[],
  { style, titles = {} }: TemplateOptions & { readonly style: TableStyle },
): string {
  const columns = splitAtTabs(parts).map((cell) => ({
    title: cell.map((part) => (part.kind === 'text' ? part.text : titleOf(part.path, titles))).join(''),
    text: (row: Row) => cell.map((part) => textOf(part, row)).join(''),
  }));
  return renderTable(columns, rows, style);
}

function titleOf(path: Path, titles: Readonly<Record<string, string>>): string {
  const last = path.at(-1) ?? '';
  return titles[last] ?? last.toUpperCase();
}

function splitAtTabs(parts: readonly Part[]): readonly (readonly Part[])[] {
  const cells: Part[][] = [[]];
  for (const part of parts) {
    if (part.kind === 'value') {
      cells.at(-1)!.push(part);
      continue;
    }
    const [first = '', ...others] = part.text.split('\t');
    cells.at(-1)!.push({ kind: 'text', text: first });
    for (const text of others) cells.push([{ kind: 'text', text }]);
  }
  return cells;
}

function lineOf({ parts, indent }: Template, row: Row): string {
  return parts.map((part) => textOf(part, row, indent)).join('');
}

function textOf(part: Part, row: Row, indent?: number): string {
  if (part.kind === 'text') return part.text;
  const found = [...part.path, ...part.keys].reduce<unknown>(memberOf, row);
  return part.isJson ? jsonOf(found ?? null, indent) : escapeLine(goText(found));
}

function memberOf(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  if (Array.isArray(value) !== (typeof key === 'number')) return undefined;
  return (value as Readonly<Record<string | number, unknown>>)[key];
}

/** Of the characters that a terminal obeys, only the line ends between the values stay. */
function jsonOf(value: unknown, indent: number | undefined): string {
  return JSON.stringify(value, null, indent).split('\n').map(escapeJson).join('\n');
}

/** As Go prints a value: `[a b]`, `map[k:v]`. */
function goText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `map[${members.map(([key, member]) => `${key}:${goText(member)}`).join(' ')}]`;
}

function textPart(text: string, fields: readonly string[]): Part {
  if (text.includes('{{')) throw invalid(`${JSON.stringify(text)} has no }}`, fields);
  return { kind: 'text', text };
}

function valuePart(action: string, fields: readonly string[]): Part {
  const inner = action.slice(2, -2).trim();
  const [, json, field, indexed, keys = ''] = ACTION.exec(inner) ?? [];
  const written = field ?? indexed;
  if (written === undefined) throw invalid(`${action} is not supported`, fields);
  const path = written.split('.').filter(Boolean);
  const [top] = path;
  if (top !== undefined && !fields.includes(top)) throw invalid(`there is no field ${top}`, fields);
  return {
    kind: 'value',
    path,
    keys: (keys.match(new RegExp(KEY, 'g')) ?? []).map((key) => JSON.parse(key) as string | number),
    isJson: json !== undefined,
  };
}

function invalid(why: string, fields: readonly string[]): TsbuildError {
  return new TsbuildError('OPTION_INVALID', `bad value of --format: ${why}`, {
    hint: `write json, or {{.FIELD}}, {{json .FIELD}}, {{json .}} with a field of ${fields.join(', ')}`,
  });
}
