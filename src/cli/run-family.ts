// What the commands of two words share: `volume create`, `network ls`.
import { TsbuildError } from '../core/errors.js';
import { didYouMean } from '../core/suggest.js';
import type { CommandName } from './command-table.js';
import { runHelp } from './commands/help.js';
import type { Api, CliHost } from './host.js';
import { parseArguments } from './parse-arguments.js';
import { parseLabel } from './parse/label.js';
import { checkPositionals } from './positionals.js';
import { escapeJson } from './render/escape.js';
import { renderTable, tableStyleOf } from './render/table.js';
import { renderFormat } from './render/template.js';
import type { ParsedArguments } from './typed-arguments.js';

export interface Work {
  /** Arguments beside the options. */
  readonly least: number;
  readonly most?: number;
  run(args: ParsedArguments, api: Api, host: CliHost): Promise<void>;
}

const OTHER_NAMES: Readonly<Record<string, string>> = { list: 'ls', remove: 'rm' };

/** The exit status. @throws TsbuildError */
export async function runFamily(
  family: 'volume' | 'network',
  works: Readonly<Record<string, Work>>,
  [word = '', ...argv]: readonly string[],
  host: CliHost,
): Promise<number> {
  if (['--help', '-h', 'help'].includes(word)) return runHelp([family, ...argv], host);
  const name = OTHER_NAMES[word] ?? word;
  const work = Object.hasOwn(works, name) ? works[name]! : undefined;
  if (!work) throw unknownWord(family, word, Object.keys(works));
  const command = `${family} ${name}` as CommandName;
  const args = await parseArguments(argv, command, host.env);
  if (args.flag('help')) return runHelp([family, name], host);
  const { least, most } = work;
  checkPositionals(command, args.positionals, { least, ...(most !== undefined && { most }) });
  await work.run(args, await host.loadApi(), host);
  return 0;
}

function unknownWord(family: string, word: string, names: readonly string[]): TsbuildError {
  const message =
    word === ''
      ? `${family} needs a word more`
      : `unknown command: ${family} ${word}${didYouMean(word, names)}`;
  return new TsbuildError('OPTION_UNKNOWN', message, {
    hint: `the commands are ${names.map((name) => `${family} ${name}`).join(', ')}`,
  });
}

export function labelsOf(args: ParsedArguments): Readonly<Record<string, string>> {
  return Object.fromEntries(args.list('label').map(parseLabel));
}

interface Listing {
  readonly rows: readonly Readonly<Record<string, string>>[];
  readonly fields: readonly string[];
  /** Of the table. */
  readonly columns: readonly string[];
  readonly titles: Readonly<Record<string, string>>;
  /** What --quiet prints. */
  readonly key: string;
}

/** A table, JSON, a template, or only names. */
export async function listRows(
  args: ParsedArguments,
  host: CliHost,
  { rows, fields, columns, titles, key }: Listing,
): Promise<void> {
  if (args.flag('quiet')) {
    host.print(rows.map((row) => `${row[key]}\n`).join(''));
    return;
  }
  const format = args.text('format') ?? 'table';
  const style = await tableStyleOf(host.stdout, host.env);
  const table = columns.map((field) => ({
    title: titles[field] ?? field.toUpperCase(),
    text: (row: Readonly<Record<string, string>>) => row[field] ?? '',
  }));
  host.stdout.write(
    format === 'table'
      ? renderTable(table, rows, style)
      : renderFormat(format, rows, { fields, titles, style }),
  );
}

/** What `inspect` prints. @throws TsbuildError OPTION_INVALID */
export function renderDetails(args: ParsedArguments, found: readonly object[]): string {
  const format = args.text('format') ?? 'json';
  const rows = found.map((one) => ({ ...one }));
  const fields = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return format === 'json' ? pretty(found) : renderFormat(format, rows, { fields, style: {} });
}

/** JSON for people. */
function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 4).split('\n').map(escapeJson).join('\n')}\n`;
}
