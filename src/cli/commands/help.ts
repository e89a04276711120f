// `tsbuild help [COMMAND]`.
import { TsbuildError } from '../../core/errors.js';
import { findCommand, type CommandName } from '../command-table.js';
import { renderHelp } from '../help.js';
import type { CliHost } from '../host.js';

export function runHelp(argv: readonly string[], host: CliHost): Promise<number> {
  host.stdout.write(renderHelp(commandOf(argv[0]), Math.min(host.stdout.columns ?? 100, 120)));
  return Promise.resolve(0);
}

function commandOf(name = 'build'): CommandName {
  const found = findCommand(name);
  if (found) return found.name;
  if (['help', 'version'].includes(name) || name.startsWith('-')) return 'build';
  throw new TsbuildError('OPTION_UNKNOWN', `unknown command: ${name}`, {
    hint: 'tsbuild help lists the commands',
  });
}
