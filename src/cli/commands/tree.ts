// `tsbuild tree IMAGE [PATH]`: the sizes of directories, what each layer changed, or which bytes are wasted.
import { TsbuildError } from '../../core/errors.js';
import type { ImageContentsRequest } from '../../index.js';
import { callOptions } from '../call-options.js';
import { wholeNumber } from '../container-request.js';
import type { CliHost } from '../host.js';
import { withRegistrySettings } from '../registry-settings.js';
import { parseArguments } from '../parse-arguments.js';
import { checkPositionals } from '../positionals.js';
import { renderJson } from '../render/json.js';
import { renderLayers, renderWasted } from '../render/image-layers.js';
import { renderTree } from '../render/image-tree.js';
import { tableStyleOf } from '../render/table.js';
import type { ParsedArguments } from '../typed-arguments.js';
import { runHelp } from './help.js';

/** The exit status. @throws TsbuildError */
export async function runTree(argv: readonly string[], caller: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'tree', caller.env);
  const host = withRegistrySettings(args, caller);
  if (args.flag('help')) return runHelp(['tree'], host);
  checkPositionals('tree', args.positionals, { least: 1, most: 2 });
  refuseBoth(args);
  const api = await host.loadApi();
  const platform = args.text('platform');
  const contents = await api.imageContents(
    {
      ...requestOf(args),
      ...(platform && { platform: api.parsePlatform(platform, api.platformOfNode(host.arch)) }),
    },
    callOptions(host),
  );
  const view = {
    image: args.positionals[0]!,
    isByName: args.text('sort') === 'name',
    areAllShown: args.flag('all'),
    style: await tableStyleOf(host.stdout, host.env),
  };
  if (args.text('format') === 'json') host.stdout.write(renderJson(contents));
  else if (args.flag('layers')) host.stdout.write(renderLayers(contents, view));
  else if (args.flag('wasted')) host.stdout.write(renderWasted(contents, view));
  else host.stdout.write(renderTree(contents, view));
  return 0;
}

function refuseBoth(args: ParsedArguments): void {
  const views = (['layers', 'wasted'] as const).filter((name) => args.flag(name));
  const isOfPath = args.positionals.length > 1;
  if (views.length === 2)
    throw new TsbuildError('OPTION_CONFLICT', '--layers and --wasted are shown one at a time');
  if (views.length === 1 && isOfPath)
    throw new TsbuildError('OPTION_CONFLICT', `--${views[0]} is shown of a whole image, without a path`);
}

/** Part of the whole that is shown by itself. */
const SHARE = 0.01;
const NAMED = 5;
const NAMED_WASTED = 30;

function requestOf(args: ParsedArguments): ImageContentsRequest {
  const [image = '', path] = args.positionals;
  const depth = wholeNumber('--depth', args.text('depth')) ?? 0;
  if (depth < 0)
    throw new TsbuildError('OPTION_INVALID', `--depth is ${depth}, and there is nothing above the top`, {
      hint: 'write 0 or more',
    });
  const isWasted = args.flag('wasted');
  return {
    image,
    ...(path !== undefined && { path }),
    depth,
    share: args.flag('all') ? 0 : SHARE,
    ...(args.flag('layers') && { changesDepth: depth }),
    limit: !isWasted ? NAMED : args.flag('all') ? Number.MAX_SAFE_INTEGER : NAMED_WASTED,
  };
}
