// `tsbuild stats`: what containers use, as a table that renews itself, as JSON or through a template.
import type { ContainerStats } from '../../index.js';
import { callOptions } from '../call-options.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { formatSize } from '../render/size-and-age.js';
import { renderTable, tableStyleOf, type Column } from '../render/table.js';
import { renderFormat } from '../render/template.js';
import { runHelp } from './help.js';

/** As `docker stats --format json` has them. */
const FIELDS = [
  'BlockIO',
  'CPUPerc',
  'Container',
  'ID',
  'MemPerc',
  'MemUsage',
  'Name',
  'NetIO',
  'PIDs',
] as const;
type StatsRow = Readonly<Record<(typeof FIELDS)[number], string>>;

const TITLES = {
  ID: 'CONTAINER ID',
  CPUPerc: 'CPU %',
  MemUsage: 'MEM USAGE / LIMIT',
  MemPerc: 'MEM %',
  NetIO: 'NET I/O',
  BlockIO: 'BLOCK I/O',
  PIDs: 'PIDS',
};
const SHORT_ID = 12;
const HOME_AND_CLEAR = '\x1b[H\x1b[J';

/** The exit status. @throws TsbuildError */
export async function runStats(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'stats', host.env);
  if (args.flag('help')) return runHelp(['stats'], host);
  const isFollowing = !args.flag('no-stream');
  const format = args.text('format') ?? 'table';
  const api = await host.loadApi();
  const request = { containers: args.positionals, isAll: args.flag('all'), isFollowing };
  const style = await tableStyleOf(host.stdout, host.env);
  let isSaid = false;
  for await (const list of await api.containerStats(request, callOptions(host))) {
    if (!isSaid && list.some(({ usage }) => usage?.source === 'processes')) {
      isSaid = true;
      host.stderr.write(
        'note: measured by the processes in /proc: no control group counts for the containers\n',
      );
    }
    const rows = list.map((stats) => rowOf(stats, args.flag('no-trunc')));
    const text =
      format === 'table'
        ? renderTable(COLUMNS, rows, style)
        : renderFormat(format, rows, { fields: FIELDS, titles: TITLES, style });
    const isRenewed = isFollowing && format === 'table' && host.stdout.isTTY === true;
    host.stdout.write(isRenewed ? `${HOME_AND_CLEAR}${text}` : text);
    if (host.isStdoutGone()) break;
  }
  return 0;
}

/** Of one that does not run. */
const NOTHING = {
  cpuPercent: 0,
  memoryBytes: 0,
  memoryLimitBytes: 0,
  processes: 0,
  blockReadBytes: 0,
  blockWrittenBytes: 0,
  receivedBytes: 0,
  sentBytes: 0,
};

function rowOf(
  { id, name, usage = { ...NOTHING, source: 'processes' } }: ContainerStats,
  isLong: boolean,
): StatsRow {
  const short = isLong ? id : id.slice(0, SHORT_ID);
  const { memoryBytes, memoryLimitBytes } = usage;
  return {
    Container: short,
    ID: short,
    Name: name,
    CPUPerc: percent(usage.cpuPercent),
    MemUsage: `${binarySize(memoryBytes)} / ${binarySize(memoryLimitBytes)}`,
    MemPerc: percent(memoryLimitBytes === 0 ? 0 : (100 * memoryBytes) / memoryLimitBytes),
    NetIO: `${formatSize(usage.receivedBytes)} / ${formatSize(usage.sentBytes)}`,
    BlockIO: `${formatSize(usage.blockReadBytes)} / ${formatSize(usage.blockWrittenBytes)}`,
    PIDs: String(usage.processes),
  };
}

function percent(value: number): string {
  return `${value.toFixed(2)}%`;
}

const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `1.934MiB`: four digits, as docker has them. */
function binarySize(bytes: number): string {
  const unit = Math.min(Math.floor(Math.log2(Math.max(1, bytes)) / 10), BINARY_UNITS.length - 1);
  return `${Number((bytes / 1024 ** unit).toPrecision(4))}${BINARY_UNITS[unit]}`;
}

const COLUMNS: readonly Column<StatsRow>[] = [
  { title: 'CONTAINER ID', text: (row) => row.ID },
  { title: 'NAME', text: (row) => row.Name, isCut: true },
  { title: 'CPU %', text: (row) => row.CPUPerc },
  { title: 'MEM USAGE / LIMIT', text: (row) => row.MemUsage },
  { title: 'MEM %', text: (row) => row.MemPerc },
  { title: 'NET I/O', text: (row) => row.NetIO },
  { title: 'BLOCK I/O', text: (row) => row.BlockIO },
  { title: 'PIDS', text: (row) => row.PIDs },
];
