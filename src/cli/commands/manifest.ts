// `tsbuild manifest create` and `tsbuild manifest inspect`.
import { TsbuildError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import type { CliHost } from '../host.js';
import type { ProgressMode } from '../options/build-options.js';
import { withRegistrySettings } from '../registry-settings.js';
import { parseArguments } from '../parse-arguments.js';
import { escapeLine } from '../render/escape.js';
import {
  isOfAttestations,
  isWholeManifest,
  MANIFEST_FIELDS,
  manifestFields,
  renderManifest,
} from '../render/manifest.js';
import type { ParsedArguments } from '../typed-arguments.js';
import { withProgress } from '../with-progress.js';
import type { Api } from '../host.js';
import { runHelp } from './help.js';

type Work = (argv: readonly string[], host: CliHost) => Promise<number>;

const WORKS: Readonly<Record<string, Work>> = { create: runCreate, inspect: runInspect };

/** The exit status. @throws TsbuildError */
export function runManifest([word = '', ...argv]: readonly string[], host: CliHost): Promise<number> {
  if (['--help', '-h', 'help'].includes(word)) return runHelp(['manifest', ...argv], host);
  const work = Object.hasOwn(WORKS, word) ? WORKS[word] : undefined;
  if (work) return work(argv, host);
  const names = Object.keys(WORKS);
  const message =
    word === ''
      ? 'manifest needs a word more'
      : `unknown command: manifest ${word}${didYouMean(word, names)}`;
  throw new TsbuildError('OPTION_UNKNOWN', message, {
    hint: `the commands are ${names.map((name) => `tsbuild manifest ${name}`).join(' and ')}`,
  });
}

async function runCreate(argv: readonly string[], caller: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'manifest create', caller.env);
  const host = withRegistrySettings(args, caller);
  if (args.flag('help')) return runHelp(['manifest', 'create'], host);
  const api = await host.loadApi();
  const request = createRequestOf(args, host, api);
  if (request.isDryRun) {
    const { signal, env, cwd } = host;
    const onEvent = (event: { readonly kind: string; readonly message?: string }) => {
      if (event.kind === 'warning') host.stderr.write(`WARNING: ${escapeLine(event.message ?? '')}\n`);
    };
    const { bytes } = await api.createManifest(request, { signal, env, cwd, onEvent });
    host.stdout.write(bytes);
    host.stdout.write('\n');
    return 0;
  }
  const mode = args.text('progress') as ProgressMode;
  const summarise = ({ digest, names }: Created): string =>
    [`manifest ${digest}`, ...names.map((name) => `named ${escapeLine(name)}`), ''].join('\n');
  const { digest } = await withProgress({ mode, isDebug: args.flag('debug'), host, summarise }, (options) =>
    api.createManifest(request, options),
  );
  if (mode === 'quiet') host.print(`${digest}\n`);
  return 0;
}

type Created = Awaited<ReturnType<Api['createManifest']>>;

function createRequestOf(
  args: ParsedArguments,
  { arch }: CliHost,
  api: Api,
): Parameters<Api['createManifest']>[0] {
  const local = api.platformOfNode(arch);
  const platforms = args.list('platform').flatMap((text) => text.split(','));
  const preference = args.given.find(({ spec }) => spec.name === 'prefer-index')?.values.at(-1);
  const metadataFile = args.text('metadata-file');
  return {
    sources: args.positionals,
    files: args.list('file'),
    tags: args.list('tag'),
    isAppended: args.flag('append'),
    annotations: args.list('annotation'),
    isIndexPreferred: preference !== 'false',
    platforms: platforms.map((text) => api.parsePlatform(text, local)),
    isDryRun: args.flag('dry-run'),
    ...(metadataFile === undefined ? {} : { metadataFile }),
  };
}

async function runInspect(argv: readonly string[], caller: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'manifest inspect', caller.env);
  const host = withRegistrySettings(args, caller);
  if (args.flag('help')) return runHelp(['manifest', 'inspect'], host);
  const [name, ...more] = args.positionals;
  if (name === undefined || more.length > 0)
    throw new TsbuildError(
      'OPTION_INVALID',
      `manifest inspect requires exactly 1 argument, but ${args.positionals.length} were given`,
    );
  const format = args.text('format') ?? '';
  if (format !== '' && args.flag('raw'))
    throw new TsbuildError('OPTION_CONFLICT', 'format and raw cannot be used together');
  const isTemplate = format !== '' && !isWholeManifest(format);
  const api = await host.loadApi();
  const { signal, env, cwd } = host;
  const found = await api.inspectManifest(
    { name, hasImages: isTemplate, hasAttestations: isTemplate && isOfAttestations(format) },
    { signal, env, cwd },
  );
  if (args.flag('raw')) host.stdout.write(found.bytes);
  else if (!isTemplate) host.stdout.write(renderManifest(found));
  else {
    const { parseTemplate, renderTemplate } = await import('../render/template.js');
    const template = { ...parseTemplate(format, { fields: MANIFEST_FIELDS }), indent: 2 };
    host.stdout.write(renderTemplate(template, [manifestFields(found)]));
  }
  return 0;
}
