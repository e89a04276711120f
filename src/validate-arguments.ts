// The arguments of the public functions, member by member. The shapes are those of plan/request.ts and of the options
// beside the functions.
import {
  anyFunction,
  fail,
  filledText,
  flag,
  listOf,
  object,
  oneOf,
  positive,
  size,
  text,
  texts,
  textsByName,
  wholeNumber,
  type Check,
} from './argument-checks.js';
import { TsbuildError } from './core/errors.js';
import type { BuildRequest } from './plan/request.js';

const secret: Check = (value, name) => {
  object({ id: filledText, file: filledText, env: filledText, value: bytes }, ['id'])(value, name);
  const sources = ['file', 'env', 'value'].filter(
    (key) => (value as Record<string, unknown>)[key] !== undefined,
  );
  if (sources.length !== 1)
    fail(name, value, `given one of file, env and value, and it has ${sources.join(' and ') || 'none'}`);
};

function bytes(value: unknown, name: string): void {
  if (!(value instanceof Uint8Array)) fail(name, value, 'a Uint8Array');
}

const FORM = {
  type: text,
  compression: oneOf(['uncompressed', 'gzip', 'zstd']),
  compressionLevel: wholeNumber,
  forceCompression: flag,
  rewriteTimestamp: flag,
  annotations: texts,
};
const archive = object({ ...FORM, dest: filledText, tar: flag }, ['dest']);
const engine = object({ ...FORM, engine: oneOf(['docker', 'podman', 'nerdctl']) });
const image = object({
  ...FORM,
  names: listOf(filledText),
  push: flag,
  pushByDigest: flag,
  insecure: flag,
  store: flag,
  ociMediaTypes: flag,
});
const files = object({ type: text, dest: filledText, platformSplit: flag }, ['dest']);
const nowhere = object({ type: text });

const OUTPUTS: Readonly<Record<string, Check>> = {
  oci: archive,
  docker: archive,
  local: files,
  tar: files,
  image,
  cacheonly: nowhere,
};

const output: Check = (value, name) => {
  const { type, dest, tar } = (value ?? {}) as { type?: unknown; dest?: unknown; tar?: unknown };
  if (typeof value === 'object') oneOf(Object.keys(OUTPUTS))(type, `${name}.type`);
  const isLoaded = type === 'docker' && dest === undefined && tar === undefined;
  (isLoaded ? engine : (OUTPUTS[String(type)] ?? nowhere))(value, name);
  if (dest === '-' && (type === 'local' || tar === false)) fail(`${name}.dest`, dest, 'a directory');
};

export const platform: Check = (value, name) => {
  if (typeof value === 'string')
    fail(name, value, `an object, as parsePlatform(${JSON.stringify(value)}) gives it`);
  object({ os: filledText, architecture: filledText, variant: text, osVersion: text }, [
    'os',
    'architecture',
  ])(value, name);
};

const givenPlatform: Check = (value, name) => {
  if (typeof value !== 'string' || value === '') platform(value, name);
};

const resources = object({
  memoryBytes: size,
  memorySwapBytes: wholeNumber,
  cpus: positive,
  cpuShares: wholeNumber,
  cpuPeriod: wholeNumber,
  cpuQuota: wholeNumber,
  cpusetCpus: text,
  cpusetMems: text,
  pids: wholeNumber,
});

const PLACES: Readonly<Record<string, Check>> = {
  registry: object({ type: text, ref: filledText, insecure: flag }, ['ref']),
  inline: nowhere,
  local: object({ type: text, path: filledText, tag: filledText, digest: filledText }, ['path']),
  s3: object(
    {
      type: text,
      bucket: filledText,
      region: filledText,
      endpointUrl: filledText,
      usePathStyle: flag,
      prefix: text,
      blobsPrefix: text,
      manifestsPrefix: text,
      accessKeyId: filledText,
      secretAccessKey: filledText,
      sessionToken: filledText,
    },
    ['bucket'],
  ),
  gha: object({ type: text, url: filledText, token: filledText }),
};

const cachePlace: Check = (value, name) => {
  const { type } = (value ?? {}) as { type?: unknown };
  if (typeof value === 'object') oneOf(Object.keys(PLACES))(type, `${name}.type`);
  (PLACES[String(type)] ?? nowhere)(value, name);
};

const cacheFrom = object({ place: cachePlace, scopes: listOf(filledText), verifyKey: filledText }, ['place']);
const cacheTo = object(
  {
    place: cachePlace,
    scope: filledText,
    mode: oneOf(['min', 'max']),
    ignoreError: flag,
    timeoutSeconds: positive,
    maxBytes: size,
    mounts: flag,
    mountsMaxBytes: size,
    signKey: filledText,
    compression: oneOf(['uncompressed', 'gzip', 'zstd']),
    compressionLevel: wholeNumber,
    forceCompression: flag,
  },
  ['place'],
);
const provenance = object(
  {
    mode: oneOf(['min', 'max']),
    builderId: filledText,
    version: oneOf(['v1', 'v0.2']),
    reproducible: flag,
  },
  ['mode'],
);

export const signing: Check = (value, name) => {
  object({ key: filledText, keyless: flag, fulcioUrl: filledText, rekorUrl: filledText })(value, name);
  const { key, keyless } = value as { key?: unknown; keyless?: unknown };
  if ((key === undefined) === (keyless !== true)) fail(name, value, 'given either key or keyless: true');
};

const REQUEST: { readonly [member in keyof Required<BuildRequest>]: Check } = {
  context: filledText,
  dockerfile: filledText,
  dockerfileText: text,
  buildContexts: textsByName,
  tags: texts,
  target: text,
  platform: givenPlatform,
  platforms: listOf(givenPlatform),
  buildArgs: textsByName,
  labels: textsByName,
  annotations: texts,
  noCache: flag,
  noCacheFilter: texts,
  pull: flag,
  secrets: listOf(secret),
  isSecretScanOff: flag,
  ssh: listOf(object({ id: filledText, paths: texts }, ['id', 'paths'])),
  network: oneOf(['default', 'none', 'host', 'pasta', 'slirp4netns']),
  addHosts: listOf(object({ host: filledText, ip: filledText }, ['host', 'ip'])),
  ulimits: listOf(
    object({ name: filledText, soft: wholeNumber, hard: wholeNumber }, ['name', 'soft', 'hard']),
  ),
  shmSizeBytes: size,
  resources,
  allow: listOf(oneOf(['network.host', 'security.insecure'])),
  isolation: oneOf(['auto', 'userns', 'userns-single', 'chroot', 'none']),
  runtime: filledText,
  caCertificates: listOf(filledText),
  cacheFrom: listOf(cacheFrom),
  cacheTo: listOf(cacheTo),
  provenance,
  isSbomWanted: flag,
  areAttestationsArtifacts: flag,
  sign: signing,
  outputs: listOf(output),
  iidFile: filledText,
  metadataFile: filledText,
  report: filledText,
};

const request = object(REQUEST, ['context']);

const signal: Check = (value, name) => {
  const { aborted, addEventListener } = value as Partial<AbortSignal>;
  if (typeof aborted !== 'boolean' || typeof addEventListener !== 'function')
    fail(name, value, 'an AbortSignal');
};

const stream: Check = (value, name) => {
  if (typeof (value as Partial<NodeJS.ReadableStream> | null)?.on !== 'function')
    fail(name, value, 'a stream');
};

const environment: Check = (value, name) => {
  if (typeof value !== 'object' || value === null) fail(name, value, 'an object');
};

const ENDING = { env: environment, signal };
const BUILD_OPTIONS = {
  onEvent: anyFunction,
  stdin: stream,
  stdout: stream,
  onError: oneOf(['shell']),
  cwd: filledText,
  ...ENDING,
};
const buildOptions = object(BUILD_OPTIONS);
/** Those of all functions: some have a few of their own. */
const anyOptions = object({
  ...BUILD_OPTIONS,
  stderr: stream,
  onCreated: anyFunction,
  onSignalsProxied: anyFunction,
  platform,
});
const doctorOptions = object(ENDING);

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/** @throws TsbuildError OPTION_INVALID with the name of what is wrong; ABORTED when the signal is already */
export function validateBuildArguments(given: unknown, options: Options): void {
  request(given, 'request');
  buildOptions(options, 'options');
  refuseAborted(options.signal);
}

/** @throws TsbuildError OPTION_INVALID with the name of what is wrong */
export function validateOptions(options: unknown, name = 'options'): void {
  anyOptions(options, name);
}

/** As `validateBuildArguments`. */
export function validateDoctorArguments(options: Options): void {
  doctorOptions(options, 'options');
  refuseAborted(options.signal);
}

/** @throws TsbuildError ABORTED, whose cause is the reason of the signal */
export function refuseAborted(abort: AbortSignal | undefined): void {
  if (abort?.aborted) throw new TsbuildError('ABORTED', 'the build was interrupted', { cause: abort.reason });
}
