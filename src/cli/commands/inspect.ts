// `tsbuild inspect NAME…`: all that is known of containers and of images in the store, as JSON or through a template;
// or what the attestations of images say.
import { TsbuildError } from '../../core/errors.js';
import type { BuildOptions, ContainerDetails, ImageDetails } from '../../index.js';
import { callOptions } from '../call-options.js';
import type { Api, CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { checkPositionals } from '../positionals.js';
import { escapeJson } from '../render/escape.js';
import { attestedBy } from '../render/manifest.js';
import { renderFormat } from '../render/template.js';
import type { ParsedArguments } from '../typed-arguments.js';
import { runHelp } from './help.js';

const FIELDS: readonly (keyof ImageDetails | keyof ContainerDetails)[] = [
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
  'Path',
  'Args',
  'State',
  'Image',
  'ResolvConfPath',
  'HostnamePath',
  'HostsPath',
  'LogPath',
  'Name',
  'RestartCount',
  'Driver',
  'Platform',
  'HostConfig',
  'Mounts',
  'NetworkSettings',
];

/** The exit status. @throws TsbuildError */
export async function runInspect(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'inspect', host.env);
  if (args.flag('help')) return runHelp(['inspect'], host);
  checkPositionals('inspect', args.positionals, { least: 1 });
  const format = args.text('format');
  if (args.flag('provenance') || args.flag('sbom')) return runAttestations(args, host);
  const api = await host.loadApi();
  const platform = args.text('platform');
  const options = {
    ...callOptions(host),
    ...(platform && { platform: api.parsePlatform(platform, api.platformOfNode(host.arch)) }),
  };
  const details = [];
  let missing: unknown;
  for (const name of args.positionals)
    try {
      details.push(await detailsOf(api, name, { options, type: args.text('type') }));
    } catch (error) {
      if (!isMissing(error)) throw error;
      missing ??= error;
    }
  host.stdout.write(
    format === undefined || format === 'json'
      ? pretty(details)
      : renderFormat(
          format,
          details.map((one) => ({ ...one })),
          { fields: FIELDS, style: {} },
        ),
  );
  // As docker has it, behind what was found.
  if (missing !== undefined) throw missing;
  return 0;
}

function isMissing(error: unknown): boolean {
  return error instanceof TsbuildError && ['CONTAINER_NOT_FOUND', 'IMAGE_NOT_FOUND'].includes(error.code);
}

interface Choice {
  readonly options: BuildOptions;
  /** `container` or `image`; absent: a container when there is one, as docker does. */
  readonly type: string | undefined;
}

async function detailsOf(
  api: Api,
  name: string,
  { options, type }: Choice,
): Promise<ContainerDetails | ImageDetails> {
  if (type !== 'image')
    try {
      return (await api.inspectContainers([name], options))[0]!;
    } catch (error) {
      const isMissing = error instanceof TsbuildError && error.code === 'CONTAINER_NOT_FOUND';
      if (!isMissing || type === 'container') throw error;
    }
  return (await api.inspect([name], options))[0]!;
}

/** The statement of one image; of several platforms a table by platform, as `manifest inspect` has it. */
async function runAttestations(args: ParsedArguments, host: CliHost): Promise<number> {
  const [name = '', ...others] = args.positionals;
  const kind = args.flag('sbom') ? 'sbom' : 'provenance';
  for (const [isWrong, message] of [
    [args.flag('sbom') && args.flag('provenance'), '--provenance and --sbom are shown one at a time'],
    [others.length > 0, `--${kind} is shown of one image`],
    [args.text('format') !== undefined, `--${kind} has no --format: it is JSON`],
  ] as const)
    if (isWrong) throw new TsbuildError('OPTION_CONFLICT', message);
  const api = await host.loadApi();
  const found = await api.inspectAttestations({ name, kinds: [kind] }, callOptions(host));
  if (found[kind].size === 0)
    throw new TsbuildError('IMAGE_NOT_FOUND', `${name} has no ${kind === 'sbom' ? 'SBOM' : kind}`, {
      hint: `build it with --${kind}`,
    });
  host.stdout.write(pretty(attestedBy(found, kind)));
  return 0;
}

function pretty(value: unknown): string {
  const lines = JSON.stringify(value, null, 4).split('\n');
  return `${lines.map(escapeJson).join('\n')}\n`;
}
