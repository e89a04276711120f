// What went into a build from outside, with its digest. All of it was asked for while the image was built, so nothing
// is asked for here: the sources of a build answer equal questions once.
import type { DigestSet, Material } from './attestation/build-facts.js';
import { packageUrl } from './attestation/package-url.js';
import type { BuildTools } from './builder/build-tools.js';
import type { BuildPlan, PlannedStage } from './builder/planning/plan-build.js';
import { isRemoteSource } from './builder/steps/add-remote.js';
import { gitSourceOf } from './builder/steps/git-source.js';
import type { GitSource } from './context/git/fetch-git.js';
import { parseGitSource } from './context/git/parse-git-ref.js';
import { mainRepository } from './context/load-definition.js';
import { isHttpUrl, withCommitTimes } from './context/remote/remote-context.js';
import { hexOf, isDigest, type Digest } from './core/digest.js';
import { redactUrl } from './core/redact.js';
import { openLayoutImage } from './images/layout-image.js';
import type { Platform } from './oci/platform.js';
import { parseReference } from './oci/reference.js';
import { stepSources } from './plan/step-sources.js';
import type { CopyStep, PlannedStep, SourceRef } from './plan/step.js';
import { stepsOf } from './provenance-steps.js';

/** Something that has a digest, or files of this machine by BuildKit's name for them. */
export type Origin = { readonly material: Material } | { readonly local: string };

export type OriginTools = Pick<
  BuildTools,
  'request' | 'contexts' | 'remote' | 'resolveImage' | 'linkedImage' | 'targetPlatform'
> & {
  /** Relative paths of the request are relative to it. */
  readonly cwd: string;
};

export interface Origins {
  /** The context when it came from outside. */
  readonly context: Origin | undefined;
  /** Where the Dockerfile lay; absent when it was in such a context. */
  readonly dockerfile: Origin | undefined;
  /** By the stage that starts from them and the step that reads them. */
  readonly used: ReadonlyMap<PlannedStage | PlannedStep, readonly Origin[]>;
}

/** @throws TsbuildError as the sources of the build do, when they were not asked before */
export async function findOrigins(tools: OriginTools, plan: BuildPlan): Promise<Origins> {
  const context = await mainOrigin(tools);
  const main = context ?? { local: 'context' };
  const used = new Map<PlannedStage | PlannedStep, readonly Origin[]>();
  for (const stage of plan.stages.values()) used.set(stage, await originsOfBase(tools, stage));
  for (const step of stepsOf(plan)) used.set(step, await originsOfStep(tools, step, main));
  return { context, dockerfile: await dockerfileOrigin(tools, context), used };
}

async function mainOrigin({ request, remote, cwd }: OriginTools): Promise<Origin | undefined> {
  const repository = mainRepository(request, cwd);
  if (repository) return { material: await gitMaterial({ remote }, repository) };
  return isHttpUrl(request.context)
    ? { material: await urlMaterial({ remote }, request.context) }
    : undefined;
}

async function dockerfileOrigin(
  { request: { dockerfile = '', dockerfileText }, remote }: OriginTools,
  context: Origin | undefined,
): Promise<Origin | undefined> {
  if (dockerfileText === undefined && isHttpUrl(dockerfile))
    return { material: await urlMaterial({ remote }, dockerfile) };
  const isApart = dockerfileText !== undefined || dockerfile === '-';
  return context && !isApart ? undefined : { local: 'dockerfile' };
}

async function originsOfBase(tools: OriginTools, stage: PlannedStage): Promise<readonly Origin[]> {
  const { image, platform, node } = stage;
  const { base } = node;
  if (base.kind === 'image' && image)
    return [{ material: imageMaterial(base.reference, platform, image.manifest.digest) }];
  return base.kind === 'context' ? originsOfContext(tools, base.name, platform) : [];
}

async function originsOfStep(
  tools: OriginTools,
  step: PlannedStep,
  main: Origin,
): Promise<readonly Origin[]> {
  const taken = await Promise.all(stepSources(step).map((from) => originsOf(tools, step, from, main)));
  return taken.flat();
}

async function originsOf(
  tools: OriginTools,
  step: PlannedStep,
  from: SourceRef,
  main: Origin,
): Promise<readonly Origin[]> {
  const { targetPlatform } = tools;
  switch (from.kind) {
    case 'main':
      return 'sources' in step ? originsOfSources(tools, step, main) : [main];
    case 'context':
      return originsOfContext(tools, from.name, targetPlatform);
    case 'image': {
      const { manifest } = await tools.resolveImage(from.reference, targetPlatform);
      return [{ material: imageMaterial(from.reference, targetPlatform, manifest.digest) }];
    }
    case 'stage':
    case 'scratch':
      return [];
  }
}

/** Heredocs come from the Dockerfile. */
async function originsOfSources(
  { remote }: OriginTools,
  step: CopyStep,
  main: Origin,
): Promise<readonly Origin[]> {
  const remotes = step.sources.filter((source) => step.kind === 'add' && isRemoteSource(source));
  const materials = remotes.map((source) => {
    const git = parseGitSource(source);
    return git
      ? gitMaterial({ remote }, gitSourceOf(git, step))
      : urlMaterial({ remote }, source, step.checksum);
  });
  const origins = (await Promise.all(materials)).map((material) => ({ material }));
  return remotes.length < step.sources.length ? [main, ...origins] : origins;
}

async function originsOfContext(
  { request, contexts, remote, resolveImage, linkedImage }: OriginTools,
  name: string,
  platform: Platform,
): Promise<readonly Origin[]> {
  const context = await contexts.named(name);
  if (context.kind === 'image' && context.reference === 'scratch') return [];
  if (context.kind === 'image') {
    const { manifest } = await resolveImage(context.reference, platform);
    return [{ material: imageMaterial(context.reference, platform, manifest.digest) }];
  }
  if (context.kind === 'layout') {
    const { manifest } = await openLayoutImage(context, platform);
    return [{ material: layoutMaterial(name, platform, manifest.digest) }];
  }
  if (context.kind === 'target') {
    const image = linkedImage?.(context.target, platform);
    return image ? [{ material: layoutMaterial(name, platform, image.manifest.digest) }] : [];
  }
  const value = request.buildContexts![name]!;
  const repository = parseGitSource(value);
  if (repository) return [{ material: await gitMaterial({ remote }, withCommitTimes(repository, request)) }];
  return isHttpUrl(value) ? [{ material: await urlMaterial({ remote }, value) }] : [{ local: name }];
}

/** A digest that was asked for by name, which may be that of an index, is the one that is told. */
function imageMaterial(name: string, platform: Platform, manifest: Digest): Material {
  const digest = parseReference(name).digest ?? manifest;
  return { uri: packageUrl('docker', name, platform), digest: sha256(digest) };
}

/** A layout has no name of its own: the context has one. */
function layoutMaterial(context: string, platform: Platform, manifest: Digest): Material {
  const name = context.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return { uri: packageUrl('oci', `${name}@${manifest}`, platform), digest: sha256(manifest) };
}

type Fetched = Pick<OriginTools, 'remote'>;

async function urlMaterial({ remote }: Fetched, url: string, checksum?: string): Promise<Material> {
  const isKnown = checksum !== undefined && isDigest(checksum);
  const digest = isKnown ? checksum : (await remote.download(url, { checksum })).digest;
  return { uri: redactUrl(url), digest: sha256(digest) };
}

async function gitMaterial({ remote }: Fetched, source: GitSource): Promise<Material> {
  const { sha } = await remote.resolve(source);
  return { uri: gitUri(source), digest: sha.length === 64 ? { sha256: sha } : { sha1: sha } };
}

/** As BuildKit writes it, without user info: `https://github.com/moby/buildkit.git#v0.11.0`. */
function gitUri({ remote, ref }: GitSource): string {
  return `${redactUrl(remote)}${ref === undefined ? '' : `#${ref}`}`;
}

function sha256(digest: Digest): DigestSet {
  return { sha256: hexOf(digest) };
}
