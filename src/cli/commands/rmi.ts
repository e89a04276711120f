// `tsbuild rmi NAME…`: takes names away from images in the store.
import { callOptions } from '../call-options.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { checkPositionals } from '../positionals.js';
import { escapeLine } from '../render/escape.js';
import { runHelp } from './help.js';

/** The exit status. @throws TsbuildError */
export async function runRmi(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'rmi', host.env);
  if (args.flag('help')) return runHelp(['rmi'], host);
  checkPositionals('rmi', args.positionals, { least: 1 });
  const api = await host.loadApi();
  const request = { images: args.positionals, force: args.flag('force') };
  const { untagged, missing } = await api.removeImages(request, callOptions(host));
  for (const text of missing) host.stderr.write(`note: no such image in the store: ${escapeLine(text)}\n`);
  host.stdout.write(untagged.map((name) => `Untagged: ${escapeLine(name)}\n`).join(''));
  return 0;
}
