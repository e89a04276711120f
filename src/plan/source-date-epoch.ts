// SOURCE_DATE_EPOCH as a build argument or as the default of a global ARG: a number, or the name of what gives the
// time.
// Spec: BuildKit's dockerfile2llb/epoch.go.
import { TsbuildError } from '../core/errors.js';
import { expandWord } from '../parser/expand-word.js';
import type { AddInstruction, Instruction, Stage } from '../parser/instruction.js';

/** The main context, a named context or a stage that is called so, or nothing of the kind. */
export type SourceDateEpoch =
  | { readonly kind: 'unset' }
  | { readonly kind: 'seconds'; readonly seconds: number }
  | { readonly kind: 'context' }
  | { readonly kind: 'name'; readonly name: string };

/**
 * @param text as given; absent and empty are unset.
 * @throws TsbuildError OPTION_INVALID for a number that is no time
 */
export function parseSourceDateEpoch(text: string | undefined): SourceDateEpoch {
  if (text === undefined || text === '') return { kind: 'unset' };
  if (text === 'context') return { kind: 'context' };
  if (!/^[-+]?\d+$/.test(text)) return { kind: 'name', name: text };
  const seconds = Number(text);
  // As far as dates go.
  if (!Number.isSafeInteger(seconds) || Math.abs(seconds) > 8.64e12) throw invalidEpoch(text);
  return { kind: 'seconds', seconds };
}

/** TsbuildError OPTION_INVALID in BuildKit's words. */
export function invalidEpoch(text: string): TsbuildError {
  return new TsbuildError('OPTION_INVALID', `invalid SOURCE_DATE_EPOCH: ${text}`, {
    hint: 'give whole seconds since 1970-01-01T00:00:00Z, `context`, or the name of a named context or of a stage with one remote ADD',
  });
}

export interface EpochScope {
  readonly escape: string;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Automatic and global ARGs with their values. */
  readonly globalArgs: ReadonlyMap<string, string>;
}

/** The one remote file or repository of a stage, variables expanded. */
export interface EpochSource {
  readonly source: string;
  readonly keepGitDir?: boolean;
  readonly checksum?: string;
}

/**
 * What a stage says that stands for a time: `FROM scratch` with ARGs and a single ADD of a single source, which the
 * caller is to find remote.
 * @throws TsbuildError DOCKERFILE_SYNTAX for any other stage, DOCKERFILE_EXPANSION
 */
export function epochSourceOf(stage: Stage, scope: EpochScope): EpochSource {
  const env = new Map([...scope.globalArgs].filter(([key]) => key !== 'SOURCE_DATE_EPOCH'));
  const word = (text: string) => expandWord(text, (name) => env.get(name), scope).text;
  if (word(stage.from.image) !== 'scratch') throw wrongStage('stage must use FROM scratch');
  let found: EpochSource | undefined;
  for (const it of stage.instructions) {
    if (it.kind === 'arg') for (const arg of it.args) setArg(env, arg, scope, word);
    else if (it.kind !== 'add') throw unsupported(it);
    else if (found) throw wrongStage('stage must contain exactly one remote ADD');
    else found = sourceOf(it, word);
  }
  if (!found) throw wrongStage('stage must contain exactly one remote ADD');
  return found;
}

function setArg(
  env: Map<string, string>,
  { key, value }: { readonly key: string; readonly value?: string },
  { buildArgs }: EpochScope,
  word: (text: string) => string,
): void {
  if (Object.hasOwn(buildArgs, key)) env.set(key, buildArgs[key]!);
  else if (value !== undefined) env.set(key, word(value));
}

function sourceOf(it: AddInstruction, word: (text: string) => string): EpochSource {
  const [source] = it.sources;
  if (source === undefined || it.sources.length > 1 || it.heredocs.length > 0)
    throw wrongStage('stage must contain exactly one remote ADD source');
  return {
    source: word(source),
    ...(it.keepGitDir === undefined ? {} : { keepGitDir: it.keepGitDir }),
    ...(it.checksum === undefined ? {} : { checksum: word(it.checksum) }),
  };
}

function unsupported(it: Instruction): TsbuildError {
  const requirements = 'stage does not meet source-only requirements';
  return wrongStage(`${requirements}: unsupported ${it.keywordAsWritten} instruction`);
}

/** TsbuildError DOCKERFILE_SYNTAX in BuildKit's words. */
export function wrongStage(why: string): TsbuildError {
  return new TsbuildError('DOCKERFILE_SYNTAX', `SOURCE_DATE_EPOCH ${why}`, {
    hint: 'the stage is to be `FROM scratch` and one ADD of a URL or of a git repository',
  });
}
