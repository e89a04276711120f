// `tsbuild history NAME`: the steps an image in the store was made of, as a table, as JSON or through a template.
import type { HistoryRow } from '../../index.js';
import { callOptions } from '../call-options.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { checkPositionals } from '../positionals.js';
import { formatAge, formatCreated, formatSize, shortId } from '../render/size-and-age.js';
import { renderTable, tableStyleOf, type Column } from '../render/table.js';
import { renderFormat } from '../render/template.js';
import type { ParsedArguments } from '../typed-arguments.js';
import { runHelp } from './help.js';

/** The members of a line, as `docker history --format json` has them. */
const FIELDS = ['ID', 'CreatedAt', 'CreatedSince', 'CreatedBy', 'Size', 'Comment'] as const;
type StepRow = Readonly<Record<(typeof FIELDS)[number], string>>;

const TITLES = { ID: 'IMAGE', CreatedAt: 'CREATED AT', CreatedSince: 'CREATED', CreatedBy: 'CREATED BY' };
/** Characters of CREATED BY. */
const SHORT = 45;

/** The exit status. @throws TsbuildError */
export async function runHistory(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'history', host.env);
  if (args.flag('help')) return runHelp(['history'], host);
  checkPositionals('history', args.positionals, { least: 1, most: 1 });
  const api = await host.loadApi();
  const steps = await api.history(args.positionals[0]!, callOptions(host));
  const rowing = { now: host.now(), isLong: args.flag('no-trunc'), isHuman: isHuman(args) };
  const rows = steps.map((step) => rowOf(step, rowing));
  const format = args.text('format') ?? 'table';
  const style = await tableStyleOf(host.stdout, host.env);
  if (args.flag('quiet')) host.stdout.write(rows.map(({ ID }) => `${ID}\n`).join(''));
  else if (format === 'table') host.stdout.write(renderTable(columnsOf(rowing), rows, style));
  else host.stdout.write(renderFormat(format, rows, { fields: FIELDS, titles: TITLES, style }));
  return 0;
}

/** On unless it is switched off. */
function isHuman({ given }: ParsedArguments): boolean {
  return given.find(({ spec }) => spec.name === 'human')?.values.at(-1) !== 'false';
}

interface Rowing {
  /** Seconds since 1970. */
  readonly now: number;
  readonly isLong: boolean;
  readonly isHuman: boolean;
}

function rowOf(
  { id, created, createdBy, size, comment }: HistoryRow,
  { now, isLong, isHuman }: Rowing,
): StepRow {
  const words = createdBy.replaceAll(/\s+/g, ' ').trim();
  const isTooLong = !isLong && words.length > SHORT;
  return {
    ID: id === undefined ? '<missing>' : isLong ? id : shortId(id),
    CreatedAt: isHuman ? formatCreated(created) : (created ?? 'N/A'),
    CreatedSince: isHuman ? formatAge(created, now) : (created ?? 'N/A'),
    CreatedBy: isTooLong ? `${words.slice(0, SHORT - 1)}…` : words,
    Size: isHuman ? formatSize(size) : String(size),
    Comment: comment,
  };
}

function columnsOf({ isLong }: Rowing): readonly Column<StepRow>[] {
  return [
    { title: 'IMAGE', text: (row) => row.ID },
    { title: 'CREATED', text: (row) => row.CreatedSince },
    { title: 'CREATED BY', text: (row) => row.CreatedBy, ...(isLong ? {} : { isCut: true }) },
    { title: 'SIZE', text: (row) => row.Size, isRight: true },
    { title: 'COMMENT', text: (row) => row.Comment, ...(isLong ? {} : { isCut: true }) },
  ];
}
