// The facts of one image for its provenance, once it is built.
import { dirname, posix, resolve } from 'node:path';
import type { BuildFacts, Material } from './attestation/build-facts.js';
import { requestArgs } from './attestation/request-args.js';
import type { BuildTools } from './builder/build-tools.js';
import type { BuildPlan } from './builder/planning/plan-build.js';
import { findLocalRepository, placeIn } from './context/git/local-repository.js';
import type { Definition } from './context/load-definition.js';
import { digestOf } from './core/digest.js';
import { redactText } from './core/redact.js';
import { formatPlatform } from './oci/platform.js';
import { findOrigins, type Origin, type Origins } from './provenance-materials.js';
import { stepFacts, stepsOf, wantedBy } from './provenance-steps.js';

/** What is the same for all images of a build. */
export interface BuildOccasion {
  readonly invocationId: string;
  /** Seconds since the epoch. */
  readonly startedOn: number;
  readonly finishedOn: number;
  readonly definition: Pick<Definition, 'file' | 'text'>;
  /** Relative paths of the request are relative to it. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** @throws TsbuildError as findOrigins */
export async function factsOfBuild(
  tools: BuildTools,
  plan: BuildPlan,
  occasion: BuildOccasion,
): Promise<BuildFacts> {
  const { request } = tools;
  const { definition, cwd, env, ...when } = occasion;
  const origins = await findOrigins({ ...tools, cwd }, plan);
  const steps = stepsOf(plan);
  const all = everyOrigin(origins);
  const names = new Map([...origins.used].map(([user, used]) => [user, used.map(nameOf)]));
  return {
    ...when,
    builderPlatform: formatPlatform(tools.buildPlatform),
    config: configOf(origins, definition, request.dockerfile),
    args: redacted(requestArgs(request)),
    secrets: wantedBy(steps, 'secret'),
    ssh: wantedBy(steps, 'ssh'),
    locals: [...new Set(all.flatMap((one) => ('local' in one ? [one.local] : [])))].toSorted(),
    materials: materialsOf(all),
    isNetworkUsed: steps.some((step) => step.kind === 'run' && step.network !== 'none'),
    vcs: origins.context || env['BUILDX_GIT_INFO'] === 'false' ? {} : repositoryOf(occasion, request),
    dockerfile: dockerfileOf(definition),
    steps: stepFacts(plan, names),
  };
}

function dockerfileOf({ file, text }: BuildOccasion['definition']): BuildFacts['dockerfile'] {
  return { file: posix.basename(file), text: redactText(text, []), digest: digestOf(text) };
}

function everyOrigin({ context, dockerfile, used }: Origins): readonly Origin[] {
  return [context, dockerfile].flatMap((one) => one ?? []).concat([...used.values()].flat());
}

function nameOf(origin: Origin): string {
  return 'local' in origin ? origin.local : origin.material.uri;
}

/** Images, repositories, files; each sorted, and once. */
function materialsOf(origins: readonly Origin[]): readonly Material[] {
  const materials = new Map(
    origins.flatMap((one) => ('material' in one ? [[one.material.uri, one.material] as const] : [])),
  );
  const kindOf = ({ uri, digest = {} }: Material): string =>
    uri.startsWith('pkg:') ? '0' : 'sha1' in digest ? '1' : '2';
  const order = (one: Material): string => `${kindOf(one)} ${one.uri}`;
  return [...materials.values()].toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
}

function configOf(
  { context }: Origins,
  { file }: Pick<Definition, 'file'>,
  dockerfile: string | undefined,
): BuildFacts['config'] {
  if (!context || !('material' in context)) return { path: posix.basename(file) };
  return { ...context.material, path: dockerfile ?? file };
}

/** Values may be URLs that someone put a password into. */
function redacted(args: BuildFacts['args']): BuildFacts['args'] {
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, redactText(value, [])]));
}

function repositoryOf(
  { cwd }: Pick<BuildOccasion, 'cwd'>,
  { context, dockerfile }: BuildTools['request'],
): BuildFacts['vcs'] {
  if (context === '-') return {};
  const directory = resolve(cwd, context);
  const found = findLocalRepository(directory);
  if (!found) return {};
  const place = placeIn(found, directory);
  const ofDockerfile =
    dockerfile === undefined || dockerfile === '-'
      ? place
      : placeIn(found, dirname(resolve(cwd, dockerfile)));
  return {
    ...(place !== undefined && { 'localdir:context': place }),
    ...(ofDockerfile !== undefined && { 'localdir:dockerfile': ofDockerfile }),
    ...(found.revision !== undefined && { revision: found.revision }),
    ...(found.source !== undefined && { source: found.source }),
  };
}
