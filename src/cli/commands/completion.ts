// `tsbuild completion SHELL`: a script by which a shell completes the command line.
import { TsbuildError } from '../../core/errors.js';
import { bashCompletion } from '../completion/bash.js';
import { fishCompletion } from '../completion/fish.js';
import { completedCommands, type CompletedCommand } from '../completion/words.js';
import { zshCompletion } from '../completion/zsh.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { checkPositionals } from '../positionals.js';
import { runHelp } from './help.js';

const SHELLS: Readonly<Record<string, (commands: readonly CompletedCommand[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** The exit status. @throws TsbuildError OPTION_INVALID for another shell */
export async function runCompletion(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'completion', host.env);
  if (args.flag('help')) return runHelp(['completion'], host);
  checkPositionals('completion', args.positionals, { least: 1, most: 1 });
  const [shell = ''] = args.positionals;
  if (!Object.hasOwn(SHELLS, shell))
    throw new TsbuildError('OPTION_INVALID', `no completion for the shell ${shell}`, {
      hint: `the shells are ${Object.keys(SHELLS).join(', ')}`,
    });
  host.stdout.write(SHELLS[shell]!(completedCommands()));
  return 0;
}
