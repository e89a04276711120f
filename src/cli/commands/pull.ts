// `tsbuild pull NAME…`: images of registries into the store, with progress.
import type { PulledImage } from '../../index.js';
import type { CliHost } from '../host.js';
import type { ProgressMode } from '../options/build-options.js';
import { withRegistrySettings } from '../registry-settings.js';
import { parseArguments } from '../parse-arguments.js';
import { checkPositionals } from '../positionals.js';
import { withProgress } from '../with-progress.js';
import { runHelp } from './help.js';

/** The exit status. The names of what is in the store go to standard output. @throws TsbuildError */
export async function runPull(argv: readonly string[], caller: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'pull', caller.env);
  const host = withRegistrySettings(args, caller);
  if (args.flag('help')) return runHelp(['pull'], host);
  checkPositionals('pull', args.positionals, { least: 1 });
  const api = await host.loadApi();
  const platform = args.text('platform');
  const wanted = platform && { platform: api.parsePlatform(platform, api.platformOfNode(host.arch)) };
  const mode: ProgressMode = args.flag('quiet') ? 'quiet' : (args.text('progress') as ProgressMode);
  const progress = { mode, isDebug: args.flag('debug'), host, summarise };
  for (const image of args.positionals) {
    const pulled = await withProgress(progress, (options) => api.pull({ image, ...wanted }, options));
    host.print(`${pulled.name}\n`);
  }
  return 0;
}

/** Docker's words. */
function summarise({ name, registryDigest, isNew }: PulledImage): string {
  const status = isNew ? 'Downloaded newer image' : 'Image is up to date';
  return `Digest: ${registryDigest}\nStatus: ${status} for ${name}\n`;
}
