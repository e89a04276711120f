// `tsbuild ps`: the containers as a table, as JSON or through a template.
import { TsbuildError } from '../../core/errors.js';
import { humanDuration } from '../../core/human-duration.js';
import type { ListedContainer } from '../../index.js';
import { callOptions } from '../call-options.js';
import { wholeNumber } from '../container-request.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { parseContainerFilters } from '../parse/container-filter.js';
import { checkPositionals } from '../positionals.js';
import { formatCreated } from '../render/size-and-age.js';
import { renderTable, tableStyleOf, type Column } from '../render/table.js';
import { renderFormat } from '../render/template.js';
import type { ParsedArguments } from '../typed-arguments.js';
import { runHelp } from './help.js';

/** The members of a line, as `docker ps --format json` has them. */
const FIELDS = [
  'Command',
  'CreatedAt',
  'ID',
  'Image',
  'Labels',
  'LocalVolumes',
  'Mounts',
  'Names',
  'Networks',
  'Ports',
  'RunningFor',
  'State',
  'Status',
] as const;
type ContainerRow = Readonly<Record<(typeof FIELDS)[number], string>>;

const TITLES = {
  ID: 'CONTAINER ID',
  RunningFor: 'CREATED',
  CreatedAt: 'CREATED AT',
  LocalVolumes: 'LOCAL VOLUMES',
};
const SHORT_ID = 12;
const SHORT_COMMAND = 20;

/** The exit status. @throws TsbuildError */
export async function runPs(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'ps', host.env);
  if (args.flag('help')) return runHelp(['ps'], host);
  checkPositionals('ps', args.positionals, { least: 0, most: 0 });
  const last = args.flag('latest') ? 1 : lastOf(args);
  const request = {
    ...parseContainerFilters(args.list('filter')),
    isAll: args.flag('all'),
    ...(last !== undefined && { last }),
  };
  const api = await host.loadApi();
  const found = await api.containers(request, callOptions(host));
  const rows = found.map((one) => rowOf(one, { now: host.now() * 1000, isLong: args.flag('no-trunc') }));
  const format = args.text('format') ?? 'table';
  if (args.flag('quiet')) {
    host.print(rows.map(({ ID }) => `${ID}\n`).join(''));
    return 0;
  }
  const style = await tableStyleOf(host.stdout, host.env);
  host.stdout.write(
    format === 'table'
      ? renderTable(COLUMNS, rows, style)
      : renderFormat(format, rows, { fields: FIELDS, titles: TITLES, style }),
  );
  return 0;
}

function lastOf(args: ParsedArguments): number | undefined {
  const last = wholeNumber('--last', args.text('last'));
  if (last === undefined || last < 0) return undefined;
  if (last > 0) return last;
  throw new TsbuildError('OPTION_INVALID', 'invalid argument "0" for "--last"', {
    hint: 'write a number above 0',
  });
}

function rowOf(
  container: ListedContainer,
  { now, isLong }: { readonly now: number; readonly isLong: boolean },
): ContainerRow {
  const { id, name, image, argv, createdAt, status, labels, mounts, networks } = container;
  const command = argv.join(' ');
  const isCut = !isLong && command.length > SHORT_COMMAND;
  return {
    Command: `"${isCut ? `${command.slice(0, SHORT_COMMAND - 1)}…` : command}"`,
    CreatedAt: formatCreated(new Date(createdAt).toISOString()),
    ID: isLong ? id : id.slice(0, SHORT_ID),
    Image: image,
    Labels: Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    LocalVolumes: String(mounts.filter(({ type }) => type === 'volume').length),
    Mounts: mounts.map((mount) => mount.name ?? mount.source ?? mount.destination).join(','),
    Names: name,
    Networks: networks.join(','),
    Ports: container.portsText,
    RunningFor: `${humanDuration(Math.max(0, now - createdAt) / 1000)} ago`,
    State: status,
    Status: container.statusText,
  };
}

const COLUMNS: readonly Column<ContainerRow>[] = [
  { title: 'CONTAINER ID', text: (row) => row.ID },
  { title: 'IMAGE', text: (row) => row.Image, isCut: true },
  { title: 'COMMAND', text: (row) => row.Command, isCut: true },
  { title: 'CREATED', text: (row) => row.RunningFor },
  { title: 'STATUS', text: (row) => row.Status },
  { title: 'PORTS', text: (row) => row.Ports, isCut: true },
  { title: 'NAMES', text: (row) => row.Names, isCut: true },
];
