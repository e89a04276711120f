// `tsbuild save`: images of the store to an archive.
import { TsbuildError } from '../../core/errors.js';
import type { CliHost } from '../host.js';
import { ARCHIVE_FORMATS } from '../options/archive-options.js';
import { parseArguments } from '../parse-arguments.js';
import { parsePlatformList } from '../parse/platforms.js';
import { withProgress } from '../with-progress.js';
import { runHelp } from './help.js';

/** The exit status. @throws TsbuildError, and whatever saving throws */
export async function runSave(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'save', host.env);
  if (args.flag('help')) return runHelp(['save'], host);
  const names = args.positionals;
  if (names.length === 0)
    throw new TsbuildError('OPTION_INVALID', '"tsbuild save" requires at least 1 argument', {
      hint: 'write tsbuild save --output FILE IMAGE',
    });
  const output = args.text('output') ?? '-';
  if (output === '-' && host.stdout.isTTY === true)
    throw new TsbuildError(
      'OPTION_INVALID',
      'standard output is a terminal: an archive is not written to it',
      {
        hint: 'write tsbuild save --output FILE, or send standard output to a file',
      },
    );
  const api = await host.loadApi();
  const platform = parsePlatformList(args.list('platform'));
  const request = {
    names,
    output,
    format: ARCHIVE_FORMATS.find((known) => known === args.text('format')) ?? 'docker',
    ...(platform !== undefined && {
      platform: api.parsePlatform(platform, api.platformOfNode(host.arch)),
    }),
  };
  const isDebug = args.flag('debug');
  await withProgress({ mode: 'auto', isDebug, host, summarise: () => '' }, (options) =>
    api.save(request, options),
  );
  return 0;
}
