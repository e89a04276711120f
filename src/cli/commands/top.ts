// `tsbuild top CONTAINER`: its processes, with the columns of `ps -ef`.
import { callOptions } from '../call-options.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { checkPositionals } from '../positionals.js';
import { renderTable, tableStyleOf } from '../render/table.js';
import { runHelp } from './help.js';

const COLUMNS = ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'] as const;

/** The exit status. @throws TsbuildError */
export async function runTop(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'top', host.env);
  if (args.flag('help')) return runHelp(['top'], host);
  checkPositionals('top', args.positionals, { least: 1, most: 1 });
  const [container = ''] = args.positionals;
  const api = await host.loadApi();
  const rows = await api.containerProcesses({ container }, callOptions(host));
  const columns = COLUMNS.map((title) => ({
    title,
    text: (row: (typeof rows)[number]) => row[title],
    ...(title === 'CMD' && { isCut: true as const }),
  }));
  host.stdout.write(renderTable(columns, rows, await tableStyleOf(host.stdout, host.env)));
  return 0;
}
