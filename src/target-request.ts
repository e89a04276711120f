// A target to the request of its build (buildx bake/bake.go, toBuildOpt). Its texts are read as those of the command
// line.
import { posix } from 'node:path';
import { isRemote } from './bake/context-path.js';
import { isDisabled, writtenAs } from './bake/entries.js';
import type { ResolvedTarget } from './bake/resolve.js';
import type { Attributes, NullableTexts, TargetSpec } from './bake/target-spec.js';
import { parseAddHost } from './cli/parse/add-host.js';
import { parseAnnotation } from './cli/parse/annotation.js';
import { parseAttestations } from './cli/parse/attestation.js';
import { parseCacheFrom, parseCacheTo } from './cli/parse/cache-options.js';
import { parseOutput } from './cli/parse/output.js';
import { parseResources } from './cli/parse/resource.js';
import { parseSecret } from './cli/parse/secret.js';
import { parseUlimit } from './cli/parse/ulimit.js';
import { TsbuildError } from './core/errors.js';
import { parseSize } from './core/parse-size.js';
import { parsePlatform, platformOfNode } from './oci/platform.js';
import type { BuildRequest } from './plan/request.js';

const NETWORKS = ['default', 'none', 'host', 'pasta', 'slirp4netns'] as const;
const EPOCH = 'SOURCE_DATE_EPOCH';

export interface TargetRequestOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Entitlements that the user grants. */
  readonly allow: readonly string[];
}

/** @throws TsbuildError OPTION_*, NOT_ALLOWED, with the name of the target */
export function requestOfTarget({ name, spec }: ResolvedTarget, options: TargetRequestOptions): BuildRequest {
  try {
    return requestOf(spec, options);
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    throw error.with({ message: `target ${name}: ${error.message}` });
  }
}

function requestOf(spec: TargetSpec, { env, allow }: TargetRequestOptions): BuildRequest {
  const outputs = (spec.output ?? []).map((entry) => parseOutput(writtenAs(entry)));
  const tags = [...(spec.tags ?? []), ...outputs.flatMap(({ names }) => names)];
  const epoch = env[EPOCH];
  const args = { ...(epoch && { [EPOCH]: epoch }), ...texts(spec.args) };
  const resources = Object.entries(spec.resources ?? {}).map(([key, value]) => `${key}=${value}`);
  const isForm = outputs.some(({ areAttestationsArtifacts }) => areAttestationsArtifacts === false);
  return {
    ...sourceOf(spec),
    ...platformsOf(spec.platforms ?? []),
    ...(spec.target && { target: spec.target }),
    ...filled('tags', tags),
    ...filledMap('buildContexts', contextsOf(spec.contexts)),
    ...filledMap('buildArgs', args),
    ...filledMap('labels', texts(spec.labels)),
    ...filled('annotations', (spec.annotations ?? []).map(parseAnnotation)),
    ...attestationsOf(spec.attest ?? []),
    ...(isForm && { areAttestationsArtifacts: false }),
    ...filled('cacheFrom', (spec['cache-from'] ?? []).map(writtenAs).flatMap(parseCacheFrom)),
    ...filled('cacheTo', (spec['cache-to'] ?? []).map(writtenAs).flatMap(parseCacheTo)),
    ...filled(
      'secrets',
      (spec.secret ?? []).map((secret) => parseSecret(writtenAs({ ...secret }), env)),
    ),
    ...filled(
      'ssh',
      (spec.ssh ?? []).map(({ id, paths = [] }) => ({ id, paths: paths.filter(Boolean) })),
    ),
    ...filled(
      'outputs',
      outputs.map(({ output }) => output),
    ),
    ...(spec.pull && { pull: true }),
    ...(spec['no-cache'] && { noCache: true }),
    ...filled('noCacheFilter', spec['no-cache-filter'] ?? []),
    ...networkOf(spec.network),
    ...(spec['shm-size'] && { shmSizeBytes: parseSize(spec['shm-size'], 'shm-size') }),
    ...filled('ulimits', (spec.ulimits ?? []).map(parseUlimit)),
    ...(resources.length > 0 && { resources: parseResources(resources) }),
    ...filled(
      'addHosts',
      Object.entries(texts(spec['extra-hosts'])).map(([host, ip]) => parseAddHost(`${host}=${ip}`)),
    ),
    ...filled('allow', grantedOf(spec.entitlements ?? [], allow)),
  };
}

/** The path of a Dockerfile is relative to the context, as in buildx. */
function sourceOf(spec: TargetSpec): Pick<BuildRequest, 'context' | 'dockerfile' | 'dockerfileText'> {
  const { context = '.', dockerfile = 'Dockerfile', 'dockerfile-inline': inline } = spec;
  if (context === '-' || dockerfile === '-')
    throw new TsbuildError(
      'OPTION_INVALID',
      'context and dockerfile from standard input are not allowed in bake',
    );
  if (inline !== undefined) return { context, dockerfileText: inline };
  if (dockerfile === 'Dockerfile') return { context };
  const here = dockerfile.startsWith('cwd://') ? dockerfile.slice('cwd://'.length) : undefined;
  if (here !== undefined) return { context, dockerfile: posix.normalize(here) };
  if (isRemote(context) || posix.isAbsolute(dockerfile) || isRemote(dockerfile))
    return { context, dockerfile };
  return { context, dockerfile: posix.join(context, dockerfile) };
}

function platformsOf(names: readonly string[]): Pick<BuildRequest, 'platform' | 'platforms'> {
  const local = platformOfNode(process.arch);
  const platforms = names.flatMap((name) => name.split(',')).map((name) => parsePlatform(name.trim(), local));
  const [platform, ...others] = platforms;
  if (others.length > 0) return { platforms };
  return platform ? { platform } : {};
}

function contextsOf(contexts: TargetSpec['contexts'] = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(contexts).map(([name, value]) => [
      name,
      value.startsWith('cwd://') ? value.slice('cwd://'.length) || '.' : value,
    ]),
  );
}

function attestationsOf(attest: readonly Attributes[]): Pick<BuildRequest, 'provenance' | 'isSbomWanted'> {
  const texts = attest.map((entry) =>
    isDisabled(entry) ? `type=${entry['type']!},disabled=true` : writtenAs(entry),
  );
  return parseAttestations({ attest: texts, provenance: undefined, sbom: undefined });
}

function networkOf(network: string | undefined): Pick<BuildRequest, 'network'> {
  if (!network) return {};
  const known = NETWORKS.find((one) => one === network);
  if (known) return { network: known };
  throw new TsbuildError('OPTION_INVALID', `network mode ${JSON.stringify(network)} is not supported`, {
    hint: `use one of ${NETWORKS.join(', ')}`,
  });
}

/** @throws TsbuildError NOT_ALLOWED for an entitlement that nobody granted */
function grantedOf(entitlements: readonly string[], allow: readonly string[]): readonly string[] {
  const missing = entitlements.find((entitlement) => !allow.includes(entitlement));
  if (missing === undefined) return entitlements;
  throw new TsbuildError('NOT_ALLOWED', `it asks for ${missing}, which was not granted`, {
    hint: `grant it with --allow ${missing}`,
  });
}

function texts(map: NullableTexts = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(map).flatMap(([key, value]) => (value === null ? [] : [[key, value]])),
  );
}

function filled<K extends string, T>(key: K, values: readonly T[]): { [P in K]?: readonly T[] } {
  return values.length === 0 ? {} : ({ [key]: values } as { [P in K]?: readonly T[] });
}

function filledMap<K extends string>(
  key: K,
  map: Readonly<Record<string, string>>,
): { [P in K]?: Readonly<Record<string, string>> } {
  return Object.keys(map).length === 0
    ? {}
    : ({ [key]: map } as { [P in K]?: Readonly<Record<string, string>> });
}
