// `tsbuild load`: images out of an archive into the store.
import { TsbuildError } from '../../core/errors.js';
import type { LoadedImage } from '../../index.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { parsePlatformList } from '../parse/platforms.js';
import { escapeLine } from '../render/escape.js';
import { withProgress } from '../with-progress.js';
import { runHelp } from './help.js';

/** The exit status. @throws TsbuildError, and whatever loading throws */
export async function runLoad(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'load', host.env);
  if (args.flag('help')) return runHelp(['load'], host);
  const [extra] = args.positionals;
  if (extra !== undefined)
    throw new TsbuildError('OPTION_INVALID', `"tsbuild load" takes no argument: ${extra}`, {
      hint: `write tsbuild load --input ${extra}`,
    });
  const input = args.text('input') ?? '-';
  if (input === '-' && isTerminal(host.stdin))
    throw new TsbuildError('OPTION_INVALID', 'standard input is a terminal, not an archive', {
      hint: 'write tsbuild load --input FILE, or send an archive to standard input',
    });
  const api = await host.loadApi();
  const platform = parsePlatformList(args.list('platform'));
  const request = {
    input,
    ...(platform !== undefined && {
      platform: api.parsePlatform(platform, api.platformOfNode(host.arch)),
    }),
  };
  const mode = args.flag('quiet') ? 'quiet' : 'auto';
  const isDebug = args.flag('debug');
  const { images } = await withProgress({ mode, isDebug, host, summarise: () => '' }, (options) =>
    api.load(request, options),
  );
  host.print(images.flatMap(loadedLines).join(''));
  return 0;
}

/** As docker prints them. */
function loadedLines({ familiarNames, configDigest }: LoadedImage): string[] {
  if (familiarNames.length === 0) return [`Loaded image ID: ${configDigest}\n`];
  return familiarNames.map((name) => `Loaded image: ${escapeLine(name)}\n`);
}

function isTerminal(stream: NodeJS.ReadableStream): boolean {
  return 'isTTY' in stream && stream.isTTY === true;
}
