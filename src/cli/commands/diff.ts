// `tsbuild diff CONTAINER`: what a container changed; `tsbuild diff IMAGE IMAGE`: how two images differ.
import { TsbuildError } from '../../core/errors.js';
import { callOptions } from '../call-options.js';
import type { CliHost } from '../host.js';
import { withRegistrySettings } from '../registry-settings.js';
import { parseArguments } from '../parse-arguments.js';
import { checkPositionals } from '../positionals.js';
import { escapeLine } from '../render/escape.js';
import { renderImageDiff } from '../render/image-diff.js';
import { renderJson } from '../render/json.js';
import { tableStyleOf } from '../render/table.js';
import type { ParsedArguments } from '../typed-arguments.js';
import { runHelp } from './help.js';

/** The exit status. @throws TsbuildError */
export async function runDiff(argv: readonly string[], caller: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'diff', caller.env);
  const host = withRegistrySettings(args, caller);
  if (args.flag('help')) return runHelp(['diff'], host);
  checkPositionals('diff', args.positionals, { least: 1, most: 2 });
  return args.positionals.length === 2 ? diffImages(args, host) : diffContainer(args, host);
}

const LETTERS = { added: 'A', changed: 'C', deleted: 'D' } as const;
const OF_IMAGES: readonly string[] = ['platform', 'all', 'exit-code', 'format'];

/** Prints `A`, `C` or `D` and a path a line, as docker does. */
async function diffContainer(args: ParsedArguments, host: CliHost): Promise<number> {
  const other = args.given.find(({ spec }) => OF_IMAGES.includes(spec.name))?.spec.name;
  if (other !== undefined)
    throw new TsbuildError('OPTION_CONFLICT', `--${other} is for two images, and one name was given`, {
      hint: 'write tsbuild diff IMAGE IMAGE',
    });
  const [container = ''] = args.positionals;
  const api = await host.loadApi();
  const changes = await api.diffContainer(container, callOptions(host));
  host.stdout.write(changes.map(({ kind, path }) => `${LETTERS[kind]} ${escapeLine(path)}\n`).join(''));
  return 0;
}

async function diffImages(args: ParsedArguments, host: CliHost): Promise<number> {
  const [before = '', after = ''] = args.positionals;
  const platform = args.text('platform');
  const api = await host.loadApi();
  const difference = await api.diffImages(
    {
      before,
      after,
      areAllListed: args.flag('all'),
      ...(platform && { platform: api.parsePlatform(platform, api.platformOfNode(host.arch)) }),
    },
    callOptions(host),
  );
  const isJson = args.text('format') === 'json';
  const style = await tableStyleOf(host.stdout, host.env);
  host.stdout.write(isJson ? renderJson(difference) : renderImageDiff(difference, style));
  return args.flag('exit-code') && !difference.isEqual ? 1 : 0;
}
