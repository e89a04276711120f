// `tsbuild report [ID]`: a page about a build whose log is kept.
import { TsbuildError } from '../../core/errors.js';
import { callOptions } from '../call-options.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { checkPositionals } from '../positionals.js';
import { escapeLine } from '../render/escape.js';
import { runHelp } from './help.js';

/** The exit status. @throws TsbuildError OPTION_INVALID for a build that there is not, OUTPUT_FAILED */
export async function runReport(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'report', host.env);
  if (args.flag('help')) return runHelp(['report'], host);
  checkPositionals('report', args.positionals, { least: 0, most: 1 });
  const output = args.text('output') ?? 'build-report.html';
  refuseTerminal(output, host);
  const api = await host.loadApi();
  const [id] = args.positionals;
  const { build } = await api.report({ output, ...(id !== undefined && { build: id }) }, callOptions(host));
  if (output !== '-') host.stderr.write(`the report of the build ${build} is in ${escapeLine(output)}\n`);
  return 0;
}

function refuseTerminal(output: string, { stdout }: CliHost): void {
  if (output !== '-' || stdout.isTTY !== true) return;
  throw new TsbuildError(
    'OPTION_INVALID',
    'standard output is a terminal: a page of HTML is not written to it',
    {
      hint: 'write tsbuild report --output FILE, or send standard output to a file',
    },
  );
}
