// `tsbuild builds`: the builds whose logs are kept, as a table, as JSON or through a template.
import type { BuildSummary } from '../../index.js';
import { callOptions } from '../call-options.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { refusePositionals } from '../refuse-positionals.js';
import { formatAge, formatCreated } from '../render/size-and-age.js';
import { renderTable, tableStyleOf, type Column } from '../render/table.js';
import { renderFormat } from '../render/template.js';
import { runHelp } from './help.js';

const FIELDS = [
  'ID',
  'CreatedAt',
  'CreatedSince',
  'Duration',
  'Status',
  'Steps',
  'Tags',
  'Target',
  'Dockerfile',
  'Context',
  'Digest',
  'Error',
] as const;
type BuildRow = Readonly<Record<(typeof FIELDS)[number], string>>;

const TITLES = { ID: 'BUILD ID', CreatedAt: 'CREATED AT', CreatedSince: 'CREATED' };

/** The exit status. @throws TsbuildError */
export async function runBuilds(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'builds', host.env);
  if (args.flag('help')) return runHelp(['builds'], host);
  refusePositionals(args.positionals, 'builds');
  const api = await host.loadApi();
  const rows = (await api.builds(callOptions(host))).map((build) => rowOf(build, host.now()));
  const format = args.text('format') ?? 'table';
  const style = await tableStyleOf(host.stdout, host.env);
  if (args.flag('quiet')) host.stdout.write(rows.map(({ ID }) => `${ID}\n`).join(''));
  else if (format === 'table') host.stdout.write(renderTable(COLUMNS, rows, style));
  else host.stdout.write(renderFormat(format, rows, { fields: FIELDS, titles: TITLES, style }));
  return 0;
}

const COLUMNS: readonly Column<BuildRow>[] = [
  { title: 'BUILD ID', text: (row) => row.ID },
  { title: 'CREATED', text: (row) => row.CreatedSince },
  { title: 'DURATION', text: (row) => row.Duration, isRight: true },
  { title: 'STATUS', text: (row) => row.Status },
  { title: 'STEPS', text: (row) => row.Steps },
  { title: 'IMAGE', text: (row) => row.Tags || row.Target, isCut: true },
  { title: 'CONTEXT', text: (row) => row.Context, isCut: true },
];

function rowOf(build: BuildSummary, now: number): BuildRow {
  const { id, started, duration, status, executed, cached, tags } = build;
  const created = new Date(started * 1000).toISOString();
  return {
    ID: id,
    CreatedAt: formatCreated(created),
    CreatedSince: formatAge(created, now),
    Duration: duration === undefined ? '' : formatDuration(duration),
    Status: status,
    Steps: executed === undefined ? '' : `${executed} executed, ${cached ?? 0} cached`,
    Tags: tags.join(', '),
    Target: build.target ?? '',
    Dockerfile: build.dockerfile ?? '',
    Context: build.context,
    Digest: build.digest ?? '',
    Error: build.error?.message ?? '',
  };
}

/** `0.3s`, `2m 05s`. */
function formatDuration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)}s`;
  return `${Math.floor(seconds / 60)}m ${String(Math.floor(seconds % 60)).padStart(2, '0')}s`;
}
