// `tsbuild push NAME…`: images of the store to registries, with progress.
import { TsbuildError } from '../../core/errors.js';
import type { CliHost } from '../host.js';
import type { ProgressMode } from '../options/build-options.js';
import { withRegistrySettings } from '../registry-settings.js';
import { parseArguments } from '../parse-arguments.js';
import { compressionOf, levelOf } from '../parse/output-attributes.js';
import { parseSign } from '../parse/sign.js';
import { withProgress } from '../with-progress.js';
import { runHelp } from './help.js';

/** The exit status. What was pushed goes to standard output, in docker's words. @throws TsbuildError */
export async function runPush(argv: readonly string[], caller: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'push', caller.env);
  const host = withRegistrySettings(args, caller);
  if (args.flag('help')) return runHelp(['push'], host);
  if (args.positionals.length === 0)
    throw new TsbuildError(
      'OPTION_INVALID',
      '"tsbuild push" requires at least 1 argument, but 0 were given',
      {
        hint: 'write tsbuild push [OPTIONS] NAME…',
      },
    );
  const compression = compressionOf(args.text('compression'));
  const compressionLevel = levelOf(args.text('compression-level'));
  const sign = args.text('sign');
  const form = {
    ...(compression !== undefined && { compression }),
    ...(compressionLevel !== undefined && { compressionLevel }),
    ...(args.flag('force-compression') && { forceCompression: true }),
    ...(sign && { sign: parseSign(sign) }),
    ...(args.flag('all-tags') && { allTags: true }),
  };
  const api = await host.loadApi();
  const isQuiet = args.flag('quiet');
  const mode: ProgressMode = isQuiet ? 'quiet' : (args.text('progress') as ProgressMode);
  const progress = { mode, isDebug: args.flag('debug'), host, summarise: () => '' };
  for (const image of args.positionals) {
    const pushed = await withProgress(progress, (options) => api.push({ image, ...form }, options));
    for (const { name, digest, size } of pushed)
      host.print(isQuiet ? `${name}\n` : `${name}: digest: ${digest} size: ${size}\n`);
  }
  return 0;
}
