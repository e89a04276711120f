// How many arguments a command takes beside its options.
import { TsbuildError } from '../core/errors.js';
import { findCommand, type CommandName } from './command-table.js';

/** @throws TsbuildError OPTION_INVALID when there are fewer or more, with the usage of the command */
export function checkPositionals(
  command: CommandName,
  { length }: readonly string[],
  { least, most = Infinity }: { readonly least: number; readonly most?: number },
): void {
  if (length >= least && length <= most) return;
  const [bound, limit] = length < least ? ['at least', least] : ['at most', most];
  const wanted = `${least === most ? 'exactly' : bound} ${limit} argument${limit === 1 ? '' : 's'}`;
  throw new TsbuildError(
    'OPTION_INVALID',
    `"tsbuild ${command}" requires ${wanted}, but ${length} ${length === 1 ? 'was' : 'were'} given`,
    { hint: `write tsbuild ${findCommand(command)!.usage}` },
  );
}
