// `tsbuild cp`, `commit` and `export`: the files of a container.
import { TsbuildError } from '../../core/errors.js';
import { callOptions } from '../call-options.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { checkPositionals } from '../positionals.js';
import { runHelp } from './help.js';
import { streamsOf } from './run.js';

/** The exit status. @throws TsbuildError */
export async function runCp(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'cp', host.env);
  if (args.flag('help')) return runHelp(['cp'], host);
  checkPositionals('cp', args.positionals, { least: 2, most: 2 });
  const [source = '', target = ''] = args.positionals;
  const api = await host.loadApi();
  await api.copyContainer(
    { source, target, areOwnersKept: args.flag('archive'), isLinkFollowed: args.flag('follow-link') },
    streamsOf(host),
  );
  return 0;
}

/** The exit status. Prints the id of the image. @throws TsbuildError */
export async function runCommit(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'commit', host.env);
  if (args.flag('help')) return runHelp(['commit'], host);
  checkPositionals('commit', args.positionals, { least: 1, most: 2 });
  const [container = '', name] = args.positionals;
  const [author, message] = [args.text('author'), args.text('message')];
  const api = await host.loadApi();
  const { id } = await api.commitContainer(
    {
      container,
      changes: args.list('change'),
      ...(name !== undefined && { name }),
      ...(author !== undefined && { author }),
      ...(message !== undefined && { message }),
    },
    callOptions(host),
  );
  host.print(`${id}\n`);
  return 0;
}

/** The exit status. @throws TsbuildError */
export async function runExport(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'export', host.env);
  if (args.flag('help')) return runHelp(['export'], host);
  checkPositionals('export', args.positionals, { least: 1, most: 1 });
  const [container = ''] = args.positionals;
  const output = args.text('output');
  if (output === undefined && host.stdout.isTTY === true)
    throw new TsbuildError('OPTION_INVALID', 'cowardly refusing to save to a terminal', {
      hint: 'write to a file: -o FILE, or into a pipe',
    });
  const api = await host.loadApi();
  await api.exportContainer({ container, ...(output !== undefined && { output }) }, streamsOf(host));
  return 0;
}
