// `tsbuild inspect NAME…`: all that is known of images in the store, as JSON or through a template.
import type { ImageDetails } from '../../index.js';
import { callOptions } from '../call-options.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { checkPositionals } from '../positionals.js';
import { escapeJson } from '../render/escape.js';
import { renderFormat } from '../render/template.js';
import { runHelp } from './help.js';

const FIELDS: readonly (keyof ImageDetails)[] = [
  'Id',
  'RepoTags',
  'RepoDigests',
  'Comment',
  'Created',
  'Author',
  'Config',
  'Architecture',
  'Variant',
  'Os',
  'OsVersion',
  'Size',
  'RootFS',
  'Metadata',
  'Descriptor',
];

/** The exit status. @throws TsbuildError */
export async function runInspect(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'inspect', host.env);
  if (args.flag('help')) return runHelp(['inspect'], host);
  checkPositionals('inspect', args.positionals, { least: 1 });
  const format = args.text('format');
  const api = await host.loadApi();
  const platform = args.text('platform');
  const details = await api.inspect(args.positionals, {
    ...callOptions(host),
    ...(platform && { platform: api.parsePlatform(platform, api.platformOfNode(host.arch)) }),
  });
  host.stdout.write(
    format === undefined || format === 'json'
      ? pretty(details)
      : renderFormat(
          format,
          details.map((image) => ({ ...image })),
          { fields: FIELDS, style: {} },
        ),
  );
  return 0;
}

function pretty(details: readonly ImageDetails[]): string {
  const lines = JSON.stringify(details, null, 4).split('\n');
  return `${lines.map(escapeJson).join('\n')}\n`;
}
