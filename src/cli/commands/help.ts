// `tsbuild help [COMMAND]`.
import { TsbuildError } from '../../core/errors.js';
import { COMMANDS, findCommand, type CommandName } from '../command-table.js';
import type { CliHost } from '../host.js';

export async function runHelp(argv: readonly string[], host: CliHost): Promise<number> {
  const { renderHelp } = await import('../help.js');
  const width = Math.min(host.stdout.columns ?? 100, 120);
  host.stdout.write(
    commandsOf(argv)
      .map((name) => renderHelp(name, width))
      .join('\n'),
  );
  return 0;
}

/** Of `manifest` alone, the commands that begin with it. */
function commandsOf([first = 'build', second = '']: readonly string[]): readonly CommandName[] {
  const found = findCommand(`${first} ${second}`.trim()) ?? findCommand(first);
  const longer = COMMANDS.filter(({ name }) => name.startsWith(`${first} `)).map(({ name }) => name);
  return found ? [found.name] : longer.length > 0 ? longer : [buildOf(first)];
}

function buildOf(name: string): CommandName {
  if (['help', 'version'].includes(name) || name.startsWith('-')) return 'build';
  throw new TsbuildError('OPTION_UNKNOWN', `unknown command: ${name}`, {
    hint: 'tsbuild help lists the commands',
  });
}
