// Arguments to typed values. yargs is loaded only for a command line that is not plain.
import { findCommand } from './command-table.js';
import type { CommandName } from './option-spec.js';
import { optionsOf } from './options.js';
import { plainArguments } from './plain-arguments.js';
import { typedArguments, type ParsedArguments } from './typed-arguments.js';

/** @throws TsbuildError OPTION_UNKNOWN, OPTION_INVALID */
export async function parseArguments(
  argv: readonly string[],
  command: CommandName,
  env: NodeJS.ProcessEnv,
): Promise<ParsedArguments> {
  const specs = optionsOf(command);
  const areOptionsFirst = findCommand(command)?.areOptionsFirst === true;
  const given =
    plainArguments(argv, specs, areOptionsFirst) ??
    (await import('./yargs-arguments.js')).yargsArguments(argv, specs, areOptionsFirst);
  return typedArguments(given, specs, env);
}
