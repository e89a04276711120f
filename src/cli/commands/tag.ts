// `tsbuild tag SOURCE TARGET…`: further names for an image in the store.
import { callOptions } from '../call-options.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { checkPositionals } from '../positionals.js';
import { runHelp } from './help.js';

/** The exit status. Prints nothing, as docker. @throws TsbuildError */
export async function runTag(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'tag', host.env);
  if (args.flag('help')) return runHelp(['tag'], host);
  checkPositionals('tag', args.positionals, { least: 2 });
  const [source = '', ...targets] = args.positionals;
  const api = await host.loadApi();
  await api.tag(source, targets, callOptions(host));
  return 0;
}
