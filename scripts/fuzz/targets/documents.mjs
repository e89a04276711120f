// What registries, token servers and credential files say: documents of JSON and the WWW-Authenticate header.
import { byteMutator } from '../mutate-bytes.mjs';
import { load } from '../load.mjs';

const MEDIA = ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.oci.image.index.v1+json']
  .concat(['application/vnd.docker.distribution.manifest.v2+json', 'application/json; charset=utf-8', ''])
  .concat(['application/vnd.docker.distribution.manifest.list.v2+json']);
const DIGEST = `sha256:${'a'.repeat(64)}`;
const WORDS = [
  DIGEST,
  'sha256:',
  'sha512:',
  '"digest":',
  '"size":',
  '"mediaType":',
  '"platform":null',
  '"urls":[]',
]
  .concat([
    '"architecture":"arm64"',
    '"variant":"v8"',
    '"os":"windows"',
    '"schemaVersion":1',
    '"fsLayers":[]',
  ])
  .concat([
    '"manifests":[]',
    '"layers":[]',
    '"config":{}',
    '"annotations":null',
    '"Env":null',
    '"OnBuild":["RUN a"]',
  ])
  .concat([
    '"history":[null]',
    '"rootfs":null',
    '"diff_ids":[]',
    '"created":"2026-01-01T00:00:00Z"',
    '"Labels":[]',
  ])
  .concat([
    '"auths":',
    '"auth":"',
    '"credsStore":"',
    '"credHelpers":{}',
    '"identitytoken":"',
    'https://',
    '/v1/',
  ])
  .concat([
    '"token":"',
    '"expires_in":',
    'Bearer ',
    'Basic ',
    'realm="',
    'scope="',
    'service=',
    ', ',
    '\\"',
    '\t',
  ])
  .concat(MEDIA);

const mutate = byteMutator(WORDS);
const PLATFORMS = [
  { os: 'linux', architecture: 'amd64' },
  { os: 'linux', architecture: 'arm64', variant: 'v8' },
  { os: 'linux', architecture: 'arm', variant: 'v999999999999' },
];

/** A manifest is read whatever the server calls it; every platform is looked for in an index. */
async function readDocuments() {
  const [{ parseDocument }, { selectCandidates }, { TsbuildError }] = await Promise.all(
    ['registry/document', 'registry/select-platform', 'core/errors'].map(load),
  );
  const outcomeOf = (work) => {
    try {
      return work();
    } catch (error) {
      if (error instanceof TsbuildError) return `${error.code} ${error.message}`;
      throw error;
    }
  };
  return async (bytes) => {
    const document = parseDocument(bytes, '', 'image');
    const others = MEDIA.map((type) => outcomeOf(() => parseDocument(bytes, type, 'image').kind));
    if (document.kind === 'manifest') return { document, others };
    const chosen = PLATFORMS.map((platform) => outcomeOf(() => selectCandidates(document.index, platform)));
    return { document, others, chosen };
  };
}

/** What is accepted can be built upon, and what comes out is a config again. */
async function readImageConfig() {
  const [{ parseImageConfig }, { normalizePlatform }, plan, assemble, { parseDockerfile }, { TsbuildError }] =
    await Promise.all(
      [
        'oci/parse-image-config',
        'oci/platform',
        'plan/plan-stage',
        'oci/assemble-image',
        'parser/parse-dockerfile',
        'core/errors',
      ].map(load),
    );
  const text =
    'FROM a\nENV A=b\nLABEL a=b\nWORKDIR c\nVOLUME /v\nEXPOSE 80\nRUN x\nCMD y\nONBUILD RUN z\nHEALTHCHECK CMD q\n';
  const { stages } = parseDockerfile(text, 'Dockerfile');
  const scope = {
    escape: '\\',
    buildArgs: {},
    globalArgs: new Map(),
    hostname: 'h',
    network: 'default',
    allow: new Set(),
    isCacheIgnored: () => false,
    resolveSource: () => ({ kind: 'main' }),
  };
  const stage = {
    index: 0,
    name: undefined,
    naming: { stageName: '', total: 9 },
    triggers: [],
    hasImageBase: true,
  };
  return async (bytes) => {
    const image = parseImageConfig(bytes, 'image');
    const platform = normalizePlatform({
      os: image.os,
      architecture: image.architecture,
      ...(image.variant ? { variant: image.variant } : {}),
    });
    const built = [];
    try {
      const state = plan.planStage(
        plan.imageState(image, platform),
        { ...stage, instructions: stages[0].instructions },
        scope,
      );
      const layers = image.rootfs.diff_ids.map((diffId) => ({ diffId }));
      const config = assemble.assembleConfig({ ...state, layers, epoch: '2026-01-01T00:00:00Z' });
      built.push(JSON.stringify(parseImageConfig(Buffer.from(JSON.stringify(config)), 'image')));
    } catch (error) {
      if (!(error instanceof TsbuildError)) throw error;
    }
    return { image, built };
  };
}

async function readToken() {
  const { fetchToken } = await load('registry/token');
  return async (bytes) => {
    const answer = { status: 200, bytes, headers: new Headers(), url: 'https://auth.example/token' };
    const transport = { fetchDocument: async () => answer };
    return fetchToken(transport, {
      realm: 'https://auth.example/token',
      service: 's',
      scopes: ['repository:a:pull'],
      credential: undefined,
      origin: 'https://registry.example',
      registry: 'registry.example',
      insecureHosts: [],
    });
  };
}

async function readChallenge() {
  const { parseChallenges } = await load('registry/challenge');
  return async (bytes) => parseChallenges(bytes.toString('latin1'));
}

/** Every entry is looked up as well: what it holds is decoded then. */
async function readDockerConfig() {
  const [{ parseAuthConfig, findKey, credentialOf }, { TsbuildError }] = await Promise.all(
    ['registry/auth-config', 'core/errors'].map(load),
  );
  return async (bytes) => {
    const config = parseAuthConfig('config.json', bytes.toString('utf8'));
    const keys = Object.keys(config.auths);
    const found = ['docker.io', 'registry.example:5000'].map((name) => findKey(keys, name, 'library/a'));
    const credentials = keys.map((key) => {
      try {
        return credentialOf(config, key);
      } catch (error) {
        if (error instanceof TsbuildError) return error.message;
        throw error;
      }
    });
    return { config, found, credentials };
  };
}

export const documentTargets = [
  { name: 'manifest', mutate, reader: readDocuments },
  { name: 'image-index', mutate, reader: readDocuments },
  { name: 'image-config', mutate, reader: readImageConfig },
  { name: 'token', mutate, reader: readToken },
  { name: 'challenge', mutate, reader: readChallenge },
  { name: 'docker-config', mutate, reader: readDockerConfig },
];
