// SOURCE_DATE_EPOCH as seconds: what it names is asked for its time. Spec: BuildKit's dockerfile2llb/epoch.go.
// A directory of this machine and an image have none: SOURCE_DATE_EPOCH is then unset, as if it had been given empty.
import { parseGitSource } from '../../context/git/parse-git-ref.js';
import { TsbuildError } from '../../core/errors.js';
import type { Dockerfile, Stage } from '../../parser/instruction.js';
import {
  epochSourceOf,
  invalidEpoch,
  parseSourceDateEpoch,
  wrongStage,
  type EpochScope,
} from '../../plan/source-date-epoch.js';
import type { OpenContext } from '../../context/contexts.js';
import { isHttpUrl } from '../../context/remote/remote-context.js';
import type { PlanTools } from '../build-tools.js';
import { gitSourceOf } from '../steps/git-source.js';

const KEY = 'SOURCE_DATE_EPOCH';

/** The ARGs of a build with the time in the place of its name: so instructions see it too. */
export interface DatedArgs {
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly globalArgs: ReadonlyMap<string, string>;
  /** Seconds since 1970; undefined when unset. */
  readonly epoch: number | undefined;
}

/** @throws TsbuildError OPTION_INVALID, DOCKERFILE_SYNTAX with the stage's place, CONTEXT_*, ADD_* */
export async function resolveSourceDateEpoch(
  tools: PlanTools,
  dockerfile: Dockerfile,
  globalArgs: ReadonlyMap<string, string>,
): Promise<DatedArgs> {
  const buildArgs = tools.request.buildArgs ?? {};
  const given = Object.hasOwn(buildArgs, KEY) ? buildArgs[KEY] : globalArgs.get(KEY);
  const scope = { escape: dockerfile.escape, buildArgs, globalArgs };
  const epoch = await secondsOf(tools, dockerfile, given, scope);
  const text = epoch === undefined ? '' : String(epoch);
  return {
    epoch,
    buildArgs: Object.hasOwn(buildArgs, KEY) ? { ...buildArgs, [KEY]: text } : buildArgs,
    globalArgs: globalArgs.has(KEY) ? new Map([...globalArgs, [KEY, text]]) : globalArgs,
  };
}

async function secondsOf(
  tools: PlanTools,
  { stages }: Dockerfile,
  text: string | undefined,
  scope: EpochScope,
): Promise<number | undefined> {
  const given = parseSourceDateEpoch(text);
  if (given.kind === 'unset') return undefined;
  if (given.kind === 'seconds') return given.seconds;
  const { contexts } = tools;
  if (given.kind === 'context') return timeOf(await contexts.main());
  if (contexts.names.has(given.name)) return timeOf(await contexts.named(given.name));
  const stage = stages.find(({ name }) => name === given.name.toLowerCase());
  if (!stage) throw invalidEpoch(given.name);
  return timeOfStage(tools, stage, scope);
}

async function timeOf(context: OpenContext): Promise<number | undefined> {
  return context.kind === 'files' ? context.time?.() : undefined;
}

async function timeOfStage(tools: PlanTools, stage: Stage, scope: EpochScope): Promise<number | undefined> {
  const { remote, signal, limits } = tools;
  try {
    const { source, ...flags } = epochSourceOf(stage, scope);
    const git = parseGitSource(source);
    if (git) {
      const wanted = gitSourceOf(git, flags);
      return (await remote.checkout(wanted, await remote.resolve(wanted))).commitTime;
    }
    if (!isHttpUrl(source)) throw wrongStage('stage source must be a single HTTP(S) or Git ADD');
    const { checksum } = flags;
    const { timeOfDownload } = await import('../../context/remote/url-file.js');
    return await timeOfDownload(await remote.download(source, { checksum }), { limits, signal });
  } catch (error) {
    throw error instanceof TsbuildError ? error.at(stage.from.location) : error;
  }
}
