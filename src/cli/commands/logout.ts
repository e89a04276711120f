// `tsbuild logout`.
import { TsbuildError } from '../../core/errors.js';
import type { LoggedOut } from '../../index.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { registryArgument } from '../parse/registry-argument.js';
import { escapeLine } from '../render/escape.js';
import { runHelp } from './help.js';

/**
 * 0 also when there was nothing to remove, as with docker.
 * @throws TsbuildError OPTION_*, and as logout of the library
 */
export async function runLogout(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'logout', host.env);
  if (args.flag('help')) return runHelp(['logout'], host);
  const registry = registryArgument(args.positionals, 'logout');
  const isAll = args.flag('all');
  if (isAll && registry !== undefined)
    throw new TsbuildError('OPTION_CONFLICT', `--all and ${JSON.stringify(registry)} are mutually exclusive`);
  const authFile = args.text('authfile');
  const api = await host.loadApi();
  const { signal, env, cwd } = host;
  const results = await api.logout(
    {
      isAll,
      ...(registry === undefined ? {} : { registry }),
      ...(authFile === undefined ? {} : { authFile }),
    },
    { signal, env, cwd },
  );
  for (const result of results) {
    host.print(lineOf(result));
    if (result.stillIn !== undefined) host.stderr.write(remark(result.registry, result.stillIn));
  }
  if (results.length === 0) host.print('Not logged in to any registry\n');
  return 0;
}

function lineOf({ registry, isRemoved }: LoggedOut): string {
  const name = escapeLine(registry);
  return isRemoved ? `Removing login credentials for ${name}\n` : `Not logged in to ${name}\n`;
}

function remark(registry: string, stillIn: string): string {
  return `WARNING: ${escapeLine(stillIn)} still gives credentials for ${escapeLine(registry)}\n`;
}
