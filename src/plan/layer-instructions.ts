// Instructions that make a layer: RUN, COPY, ADD, WORKDIR become steps of the plan.
import { posix } from 'node:path';
import { TsbuildError } from '../core/errors.js';
import { redactText } from '../core/redact.js';
import { shorten } from '../core/shorten.js';
import { trimSpace } from '../parser/go-space.js';
import type {
  AddInstruction,
  CopyInstruction,
  HeredocSource,
  Instruction,
  RunInstruction,
  WorkdirInstruction,
} from '../parser/instruction.js';
import { isHeredocWord } from '../parser/heredoc-word.js';
import { parseMount } from '../parser/mount.js';
import { DEFAULT_PATH, listOf } from './environment.js';
import { expanderOf, MAX_NAME, type Expander } from './expand.js';
import { runCommandText, withLayerRow, withMetadataRow } from './history.js';
import { argvOf } from './metadata-instructions.js';
import { proxyEnvironment } from './automatic-args.js';
import { refuseRootMount } from './refuse-root-mount.js';
import type { PlanScope } from './scope.js';
import { summarizeHeredoc } from './step-names.js';
import type { CopyStep, PlannedMount, PlannedStep, RunStep, SourceRef, StageState } from './step.js';
import { joinWorkdir } from './workdir.js';

/** What a step needs to know of the stage it stands in. */
export interface StagePlace {
  readonly index: number;
  readonly name: string | undefined;
  /** Gives the next step its shown name. */
  nameStep(text: string): string;
}

function withStep(state: StageState, step: PlannedStep): StageState {
  return { ...state, steps: { item: step, before: state.steps } };
}

export function planWorkdir(
  state: StageState,
  it: WorkdirInstruction,
  scope: PlanScope,
  place: StagePlace,
): StageState {
  const path = joinWorkdir(
    state.config.WorkingDir ?? '',
    expanderOf(state.env, scope.escape, it.location).word(it.path),
  );
  const next = { ...state, config: { ...state.config, WorkingDir: path } };
  if (path === '/') return withMetadataRow(next, `WORKDIR ${path}`, scope.epoch);
  const name = place.nameStep(expandedName(it, expanderOf(state.env, scope.escape, it.location)));
  const step: PlannedStep = {
    kind: 'workdir',
    name,
    location: it.location,
    isCacheIgnored: false,
    path,
    user: state.config.User ?? '',
  };
  return withLayerRow(withStep(next, step), `WORKDIR ${path}`, scope.epoch);
}

export function planCopy(
  state: StageState,
  it: CopyInstruction,
  scope: PlanScope,
  place: StagePlace,
): StageState {
  const from: SourceRef =
    it.from === undefined ? { kind: 'main' } : scope.resolveSource(it.from, place.index, 'copy', it.dest);
  const step = copyLikeStep(state, it, from, scope, place);
  return withLayerRow(
    withStep(state, { ...step, isParents: it.isParents }),
    `COPY ${copyText(step, it.isParents)}`,
    scope.epoch,
  );
}

export function planAdd(
  state: StageState,
  it: AddInstruction,
  scope: PlanScope,
  place: StagePlace,
): StageState {
  const step = copyLikeStep(state, it, { kind: 'main' }, scope, place);
  return withLayerRow(withStep(state, step), `ADD ${copyText(step, false)}`, scope.epoch);
}

function copyLikeStep(
  state: StageState,
  it: CopyInstruction | AddInstruction,
  from: SourceRef,
  scope: PlanScope,
  place: StagePlace,
): CopyStep {
  const expander = expanderOf(state.env, scope.escape, it.location);
  const given = givenFlags(it, expander);
  const step: CopyStep = {
    kind: it.kind,
    name: place.nameStep(`${given.isLink ? 'LINK ' : ''}${redactText(expandedName(it, expander), [])}`),
    location: it.location,
    isCacheIgnored: scope.isCacheIgnored(place.name),
    from,
    sources: it.sources.map((source) => expander.word(source)),
    heredocs: it.heredocs.map((doc) => expandHeredoc(doc, expander)),
    dest: expander.word(it.dest),
    workdir: state.config.WorkingDir || '/',
    ...given,
    isParents: false,
    excludes: it.excludes,
  };
  scope.refuseCopy(step);
  return step;
}

type GivenFlags = Pick<CopyStep, 'chown' | 'chmod' | 'isLink' | 'checksum' | 'keepGitDir' | 'unpack'>;

/** An option that expands to nothing is not given, and BuildKit links nothing whose mode it has to change. */
function givenFlags(it: CopyInstruction | AddInstruction, expander: Expander): GivenFlags {
  const chown = it.chown && expander.word(it.chown);
  const chmod = it.chmod && expander.word(it.chmod);
  return {
    ...(chown ? { chown } : {}),
    ...(chmod ? { chmod } : {}),
    isLink: it.isLink && !chmod,
    ...(it.kind === 'add' ? addFlags(it, expander) : {}),
  };
}

function addFlags(it: AddInstruction, expander: Expander): Partial<GivenFlags> {
  const checksum = it.checksum && expander.word(it.checksum);
  return {
    ...(checksum ? { checksum } : {}),
    ...(it.keepGitDir === undefined ? {} : { keepGitDir: it.keepGitDir }),
    ...(it.unpack === undefined ? {} : { unpack: it.unpack }),
  };
}

function expandHeredoc(doc: HeredocSource, expander: Expander): HeredocSource {
  return doc.expand ? { ...doc, content: expander.rawWord(doc.content) } : doc;
}

/** What follows COPY or ADD in the history. */
function copyText(step: CopyStep, isParents: boolean): string {
  const flags = [
    ...(isParents ? ['--parents'] : []),
    ...(step.chown === undefined ? [] : [`--chown=${step.chown}`]),
    ...(step.chmod === undefined ? [] : [`--chmod=${step.chmod}`]),
  ];
  const sources = [...step.sources, ...step.heredocs.map((doc) => `<<${doc.name}`)];
  return `${[...flags, ...sources, step.dest].join(' ')} # buildkit`;
}

/** An instruction as BuildKit shows it. A name is best effort: what cannot be expanded is shown as written. */
function expandedName(it: Instruction, expander: Expander, summary = ''): string {
  const written = trimSpace(it.original) + summary;
  return inUpperCase(expandedText(written, it.kind === 'run' ? expander.shownName : expander.word));
}

function expandedText(text: string, expand: (text: string) => string): string {
  try {
    return expand(text);
  } catch (error) {
    if (error instanceof TsbuildError) return shorten(text, MAX_NAME);
    throw error;
  }
}

/** What stands before the first blank. */
function inUpperCase(text: string): string {
  const end = text.indexOf(' ');
  return end < 0 ? text.toUpperCase() : text.slice(0, end).toUpperCase() + text.slice(end);
}

export function planRun(
  state: StageState,
  it: RunInstruction,
  scope: PlanScope,
  place: StagePlace,
): StageState {
  const { argv, script, summary } = commandOf(state, it);
  assertAllowed(it, scope);
  const { env } = state;
  const environment = env.get('PATH') === undefined ? env.with([['PATH', DEFAULT_PATH]]) : env;
  const step: RunStep = {
    kind: 'run',
    name: place.nameStep(expandedName(it, expanderOf(state.env, scope.escape, it.location), summary)),
    location: it.location,
    isCacheIgnored: scope.isCacheIgnored(place.name),
    argv,
    // Made when it is asked for: as many RUNs as there are variables would hold the square of them.
    get env() {
      return listOf(environment);
    },
    proxyEnv: proxyEnvironment(scope.buildArgs),
    cwd: posix.join('/', state.config.WorkingDir || '/'),
    user: state.config.User ?? '',
    hostname: scope.hostname,
    network: it.network === 'default' ? scope.network : it.network,
    isInsecure: it.security === 'insecure',
    mounts: plannedMounts(state, it, scope, place),
    ...(script ? { script } : {}),
  };
  return withLayerRow(withStep(state, step), `RUN ${runCommandText(argv, state)} # buildkit`, scope.epoch);
}

interface RunCommand {
  readonly argv: readonly string[];
  readonly script?: { readonly name: string; readonly content: string };
  readonly summary: string;
}

/** Heredocs of a RUN: alone they are the script, otherwise the shell gets the text back as it stood. */
function commandOf(state: StageState, it: RunInstruction): RunCommand {
  const { heredocs, args } = it.command;
  const [first] = heredocs;
  const shell = (text: string) => argvOf({ form: 'shell', args: [text], heredocs: [] }, state.config);
  if (!first) return { argv: argvOf(it.command, state.config), summary: '' };
  if (!isHeredocWord(args[0] ?? '')) {
    const text = heredocs.reduce((line, doc) => `${line}\n${doc.raw}${doc.name}`, args[0] ?? '');
    return { argv: shell(text), summary: '' };
  }
  const summary = ` (${summarizeHeredoc(first.raw)})`;
  if (!first.content.startsWith('#!')) return { argv: shell(first.content), summary };
  return {
    argv: shell(`/dev/pipes/${first.name}`),
    script: { name: first.name, content: first.content },
    summary,
  };
}

function assertAllowed(it: RunInstruction, scope: PlanScope): void {
  if (it.devices.length > 0)
    throw new TsbuildError('DOCKERFILE_UNSUPPORTED', 'RUN --device is not supported', {
      hint: 'remove --device, or do what needs the device in a running container',
      location: it.location,
    });
  const needed = [
    ...(it.network === 'host' ? ['network.host'] : []),
    ...(it.security === 'insecure' ? ['security.insecure'] : []),
  ].find((entitlement) => !scope.allow.has(entitlement));
  if (needed)
    throw new TsbuildError('NOT_ALLOWED', `${needed} is not allowed`, {
      hint: `if you trust this Dockerfile, build with --allow ${needed}`,
      location: it.location,
    });
}

function plannedMounts(
  state: StageState,
  it: RunInstruction,
  scope: PlanScope,
  place: StagePlace,
): PlannedMount[] {
  const expander = expanderOf(state.env, scope.escape, it.location);
  return it.mounts.map((csv) => {
    const mount = located(it, () => parseMount(csv, (text) => expander.word(text)));
    refuseRootMount(mount, state.config.WorkingDir || '/');
    const from = 'from' in mount ? mount.from : undefined;
    if (from === undefined)
      return { mount, from: mount.type === 'bind' ? { kind: 'main' } : { kind: 'scratch' } };
    return {
      mount,
      from: located(it, () => scope.resolveSource(from, place.index, 'mount', mount.target ?? '')),
    };
  });
}

function located<T>(it: RunInstruction, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof TsbuildError ? error.at(it.location) : error;
  }
}
