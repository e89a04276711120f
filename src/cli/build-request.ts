// Parsed arguments to the BuildRequest of the public API. Every option of the table whose `use` is a member of
// BuildRequest is read here and nowhere else.
import { TsbuildError } from '../core/errors.js';
import { parseGoBool } from '../core/go-bool.js';
import type { BuildRequest, CacheTo, OutputRequest, Platform } from '../index.js';
import type { Api } from './host.js';
import { ISOLATION_RUNGS, NETWORKS } from './options/build-options.js';
import { caCertificatesOf } from './registry-settings.js';
import { parseAddHost } from './parse/add-host.js';
import { parseAnnotation } from './parse/annotation.js';
import { parseAttestations } from './parse/attestation.js';
import { parseBuildArg } from './parse/build-arg.js';
import { parseBuildContext } from './parse/build-context.js';
import { parseCacheFrom, parseCacheTo } from './parse/cache-options.js';
import { parseLabel } from './parse/label.js';
import { parseOutput, type ParsedOutput } from './parse/output.js';
import { splitPlatforms } from './parse/platforms.js';
import { parseResources } from './parse/resource.js';
import { parseSecret } from './parse/secret.js';
import { parseSign } from './parse/sign.js';
import { parseSize } from './parse/size.js';
import { parseSsh } from './parse/ssh.js';
import { parseUlimit } from './parse/ulimit.js';
import type { ParsedArguments } from './typed-arguments.js';

export interface RequestSources {
  readonly env: NodeJS.ProcessEnv;
  /** As `process.arch`. */
  readonly arch: string;
  readonly api: Pick<Api, 'parsePlatform' | 'platformOfNode'>;
}

/**
 * Only members that were asked for are set.
 * @throws TsbuildError OPTION_INVALID, OPTION_CONFLICT, OPTION_UNSUPPORTED
 */
export function buildRequestOf(args: ParsedArguments, sources: RequestSources): BuildRequest {
  const outputs = args.list('output').filter(Boolean).map(parseOutput);
  const made = outputs.map((parsed) => parsed.output);
  const sent = loaded(pushed(made, args.flag('push')), args.text('load') ?? 'false');
  const context = contextOf(args);
  return {
    context,
    ...dockerfileOf(args, context),
    ...imageOf(args, sources),
    ...inputsOf(args, sources.env),
    ...listOf('tags', [...args.list('tag'), ...outputs.flatMap((parsed) => parsed.names)]),
    ...listOf(
      'secrets',
      args.list('secret').map((text) => parseSecret(text, sources.env)),
    ),
    ...listOf('ssh', args.list('ssh').map(parseSsh)),
    ...(args.flag('pull') ? { pull: true } : {}),
    ...listOf('outputs', sent),
    ...attestationsOf(args, outputs),
    ...signingOf(args),
    ...valueOf('iidFile', args.text('iidfile')),
    ...valueOf('metadataFile', args.text('metadata-file')),
    ...valueOf('report', args.text('report')),
    ...(args.flag('no-secret-scan') ? { isSecretScanOff: true } : {}),
    ...(args.flag('no-cache') ? { noCache: true } : {}),
    ...listOf('noCacheFilter', splitCommas(args.list('no-cache-filter'))),
    ...listOf('cacheFrom', args.list('cache-from').filter(Boolean).flatMap(parseCacheFrom)),
    ...listOf('cacheTo', cachesToWrite(args, sent, sources)),
    ...stepsOf(args),
  };
}

/** What decides which files and stages a Dockerfile speaks of. @throws TsbuildError OPTION_INVALID */
export function inputsOf(
  args: ParsedArguments,
  env: NodeJS.ProcessEnv,
): Pick<BuildRequest, 'buildContexts' | 'buildArgs'> {
  return {
    ...recordOf('buildContexts', args.list('build-context').map(parseBuildContext)),
    ...recordOf(
      'buildArgs',
      // The environment's SOURCE_DATE_EPOCH counts as given, as in buildx.
      ['SOURCE_DATE_EPOCH', ...args.list('build-arg')].map((text) => parseBuildArg(text, env)),
    ),
  };
}

function signingOf(args: ParsedArguments): Pick<BuildRequest, 'sign'> {
  const text = args.text('sign');
  return text ? { sign: parseSign(text) } : {};
}

/** An index has its attestations in one form, whatever output it goes to. */
function attestationsOf(args: ParsedArguments, outputs: readonly ParsedOutput[]): Partial<BuildRequest> {
  const [attest, provenance, sbom] = [args.list('attest'), args.text('provenance'), args.text('sbom')];
  const forms = new Set(outputs.flatMap(({ areAttestationsArtifacts: form }) => form ?? []));
  if (forms.size > 1)
    throw new TsbuildError('OPTION_CONFLICT', 'oci-artifact is true for one output and false for another');
  return {
    ...parseAttestations({ attest, provenance, sbom }),
    ...(forms.has(false) && { areAttestationsArtifacts: false }),
  };
}

/** BuildKit's argument for a cache beside the image asks for one when the image is pushed. */
function cachesToWrite(
  args: ParsedArguments,
  outputs: readonly OutputRequest[],
  { env }: RequestSources,
): readonly CacheTo[] {
  const given = args.list('cache-to').filter(Boolean).flatMap(parseCacheTo);
  const asked = args
    .list('build-arg')
    .map((text) => parseBuildArg(text, env))
    .findLast((pair) => pair?.[0] === INLINE_CACHE);
  const isAsked = asked !== undefined && parseGoBool(asked[1]) === true;
  const isThere = given.some(({ place }) => place.type === 'inline');
  const isPushed = outputs.some((output) => output.type === 'image' && output.push === true);
  return isAsked && !isThere && isPushed ? [...given, { place: { type: 'inline' } }] : given;
}

const INLINE_CACHE = 'BUILDKIT_INLINE_CACHE';

/** `--push`: images among the outputs are pushed; without one the image is. As in buildx. */
function pushed(outputs: readonly OutputRequest[], isPush: boolean): readonly OutputRequest[] {
  if (!isPush) return outputs;
  if (!outputs.some(({ type }) => type === 'image')) return [...outputs, { type: 'image', push: true }];
  return outputs.map((output) => (output.type === 'image' ? { ...output, push: true } : output));
}

/** `--load` is an output more, unless there is one already that loads. */
function loaded(outputs: readonly OutputRequest[], engine: string): readonly OutputRequest[] {
  const isLoading = (output: OutputRequest): boolean => output.type === 'docker' && output.dest === undefined;
  if (engine === 'false' || outputs.some(isLoading)) return outputs;
  const named = ENGINES.find((known) => known === engine);
  return [...outputs, { type: 'docker', ...(named && { engine: named }) }];
}

const ENGINES = ['docker', 'podman', 'nerdctl'] as const;

function contextOf(args: ParsedArguments): string {
  const [context, ...extra] = args.positionals;
  if (context === undefined || context === '') {
    throw new TsbuildError(
      'OPTION_INVALID',
      'please specify build context (e.g. "." for the current directory)',
      {
        hint: 'write tsbuild [OPTIONS] PATH; tsbuild --help has examples',
      },
    );
  }
  if (extra.length > 0) {
    const all = args.positionals.join(' ');
    throw new TsbuildError(
      'OPTION_INVALID',
      `"tsbuild build" requires exactly 1 argument, but ${args.positionals.length} were given: ${all}`,
      {
        hint: 'options that take a value take only one: -t NAME -t NAME',
      },
    );
  }
  return context;
}

function dockerfileOf(args: ParsedArguments, context: string): Partial<BuildRequest> {
  const dockerfile = args.text('file');
  if (dockerfile === '-' && context === '-') {
    throw new TsbuildError(
      'OPTION_CONFLICT',
      "invalid argument: can't use stdin for both build context and dockerfile",
    );
  }
  return valueOf('dockerfile', dockerfile || undefined);
}

function imageOf(args: ParsedArguments, { api, arch }: RequestSources): Partial<BuildRequest> {
  return {
    ...valueOf('target', args.text('target') || undefined),
    ...platformsOf(
      splitPlatforms(args.list('platform')).map((text) => api.parsePlatform(text, api.platformOfNode(arch))),
    ),
    ...recordOf('labels', args.list('label').map(parseLabel)),
    ...listOf('annotations', args.list('annotation').map(parseAnnotation)),
  };
}

/** `arm64` and `linux/arm64/v8` are one. */
function platformsOf(platforms: readonly Platform[]): Pick<BuildRequest, 'platform' | 'platforms'> {
  const distinct = [...new Map(platforms.map((each) => [JSON.stringify(each), each])).values()];
  const [platform, ...others] = distinct;
  if (others.length > 0) return { platforms: distinct };
  return platform ? { platform } : {};
}

function stepsOf(args: ParsedArguments): Partial<BuildRequest> {
  const network = NETWORKS.find((known) => known === args.text('network'));
  const resources = args.list('resource');
  const shmSize = args.text('shm-size');
  return {
    ...(network === undefined ? {} : { network }),
    ...listOf('addHosts', args.list('add-host').map(parseAddHost)),
    ...listOf('ulimits', args.list('ulimit').map(parseUlimit)),
    ...(shmSize === undefined ? {} : { shmSizeBytes: parseSize(shmSize, '--shm-size') }),
    ...(resources.length === 0 ? {} : { resources: parseResources(resources) }),
    ...listOf('allow', splitCommas(args.list('allow'))),
    ...valueOf('runtime', args.text('runtime') || undefined),
    ...listOf('caCertificates', caCertificatesOf(args)),
    ...isolationOf(args.text('isolation')),
  };
}

/** `default` is docker's word for auto. */
function isolationOf(text: string | undefined): Pick<BuildRequest, 'isolation'> {
  const isolation = ISOLATION_RUNGS.find((known) => known === text);
  return isolation === undefined ? {} : { isolation };
}

function splitCommas(values: readonly string[]): string[] {
  return values.flatMap((value) => value.split(',')).filter(Boolean);
}

function valueOf<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: string });
}

function listOf<K extends string, T>(key: K, values: readonly T[]): { [P in K]?: readonly T[] } {
  return values.length === 0 ? {} : ({ [key]: values } as { [P in K]?: readonly T[] });
}

/** Later pairs win; no key can reach the prototype. */
function recordOf<K extends string>(
  key: K,
  pairs: readonly (readonly [string, string] | undefined)[],
): { [P in K]?: Readonly<Record<string, string>> } {
  const given = pairs.filter((pair) => pair !== undefined);
  return given.length === 0
    ? {}
    : ({ [key]: Object.fromEntries(given) } as { [P in K]?: Readonly<Record<string, string>> });
}
