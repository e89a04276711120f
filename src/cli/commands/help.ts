// `tsbuild help [COMMAND]`.
import { renderHelp } from '../help.js';
import type { CliHost } from '../host.js';
import type { CommandName } from '../option-spec.js';

export function runHelp(argv: readonly string[], host: CliHost): Promise<number> {
  host.stdout.write(renderHelp(commandOf(argv[0]), Math.min(host.stdout.columns ?? 100, 120)));
  return Promise.resolve(0);
}

function commandOf(name: string | undefined): CommandName {
  return name === 'check' || name === 'doctor' ? name : 'build';
}
