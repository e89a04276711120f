// `tsbuild bake [TARGET…]`: builds of several targets, shown as one.
import { TsbuildError } from '../../core/errors.js';
import type { BakeRequest, BakeResult } from '../../index.js';
import type { Api, CliHost } from '../host.js';
import type { ProgressMode } from '../options/build-options.js';
import { parseArguments } from '../parse-arguments.js';
import { parseCall } from '../parse/call.js';
import { withRegistrySettings } from '../registry-settings.js';
import { renderBaked } from '../render/baked.js';
import { renderTargetList, renderVariableList } from '../render/target-lists.js';
import type { ParsedArguments } from '../typed-arguments.js';
import { withProgress } from '../with-progress.js';
import { runHelp } from './help.js';

/** The exit status. @throws TsbuildError, after the progress has been left in order */
export async function runBake(argv: readonly string[], caller: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'bake', caller.env);
  const host = withRegistrySettings(args, caller);
  if (args.flag('help')) return runHelp(['bake'], host);
  const api = await host.loadApi();
  const request = requestOf(args);
  const { env, cwd, signal } = host;
  const options = {
    env,
    cwd,
    signal,
    get stdin() {
      return host.stdin;
    },
  };
  const list = args.text('list');
  if (list !== undefined) {
    if (args.flag('print'))
      throw new TsbuildError('OPTION_CONFLICT', '--print and --list are mutually exclusive');
    host.stdout.write(await listed(list, () => api.listTargets(request, options)));
    return 0;
  }
  if (args.flag('print')) {
    host.stdout.write((await api.readTargets(request, options)).json);
    return 0;
  }
  const call = parseCall(args.text('call') ?? 'build');
  if (call.method === 'check' || args.flag('check')) {
    const { checkRequests } = await import('./check.js');
    const { targets, request: requestOfTarget } = await api.readTargets(request, options);
    const checked = targets.map(({ name }) => {
      const one = requestOfTarget(name);
      return { file: one.dockerfile ?? one.context, folder: one.context, request: one };
    });
    return checkRequests(checked, { format: call.format, api, host });
  }
  const mode = args.text('progress') as ProgressMode;
  const progress = { mode, isDebug: args.flag('debug'), host, summarise: renderBaked };
  await withProgress<BakeResult>(progress, (open) => api.bake(request, open));
  return 0;
}

/** The short options are overrides of all targets, after those that are written out, as with buildx. */
function requestOf(args: ParsedArguments): BakeRequest {
  const [provenance, sbom, metadataFile] = [
    args.text('provenance'),
    args.text('sbom'),
    args.text('metadata-file'),
  ];
  const overrides = [
    ...args.list('set'),
    ...(['push', 'load', 'no-cache', 'pull'] as const).flatMap((name) =>
      args.flag(name) ? [`*.${name}=true`] : [],
    ),
    ...(sbom === undefined ? [] : [`*.attest=${attestOf('sbom', sbom)}`]),
    ...(provenance === undefined ? [] : [`*.attest=${attestOf('provenance', provenance)}`]),
  ];
  return {
    targets: args.positionals,
    files: args.list('file'),
    overrides,
    variables: Object.fromEntries(args.list('var').map(variableOf)),
    allow: args.list('allow').flatMap((text) => text.split(',')),
    ...(metadataFile !== undefined && { metadataFile }),
  };
}

function attestOf(type: string, text: string): string {
  if (/^(?:true|false|1|0)$/i.test(text))
    return `type=${type},disabled=${String(/^(?:false|0)$/i.test(text))}`;
  return `type=${type},${text}`;
}

function variableOf(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new TsbuildError('OPTION_INVALID', `invalid variable ${JSON.stringify(text)}`, {
    hint: 'write --var NAME=VALUE',
  });
}

/** `targets`, `variables`, or `type=targets,format=json`. @throws TsbuildError OPTION_INVALID */
async function listed(text: string, read: () => ReturnType<Api['listTargets']>): Promise<string> {
  const fields = text.includes('=')
    ? Object.fromEntries(text.split(',').map((field) => field.split('=')))
    : { type: text };
  const { type, format = 'table' } = fields as Record<string, string | undefined>;
  const isJson = format === 'json';
  if (format !== 'table' && !isJson)
    throw new TsbuildError('OPTION_INVALID', `invalid list format ${JSON.stringify(format)}`, {
      hint: 'use table or json',
    });
  if (type === 'targets') return renderTargetList(await read(), isJson);
  if (type === 'variables') return renderVariableList(await read(), isJson);
  throw new TsbuildError('OPTION_INVALID', `invalid list type ${JSON.stringify(type)}`, {
    hint: 'write --list targets or --list variables',
  });
}
