// `tsbuild du`: what the store holds.
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { refusePositionals } from '../refuse-positionals.js';
import { renderJson } from '../render/json.js';
import { tableStyleOf } from '../render/table.js';
import { renderUsage } from '../render/usage.js';
import { runHelp } from './help.js';

/** The exit status. @throws TsbuildError OPTION_*, STORE_*, ABORTED */
export async function runDu(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'du', host.env);
  if (args.flag('help')) return runHelp(['du'], host);
  refusePositionals(args.positionals, 'du');
  const api = await host.loadApi();
  const { env, cwd, signal } = host;
  const usage = await api.diskUsage({ filters: args.list('filter') }, { env, cwd, signal });
  const isJson = args.text('format') === 'json';
  host.stdout.write(
    isJson
      ? renderJson(usage)
      : renderUsage(usage, {
          isVerbose: args.flag('verbose'),
          now: host.now(),
          style: await tableStyleOf(host.stdout, env),
        }),
  );
  return 0;
}
