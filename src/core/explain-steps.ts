// Why each step of a build ran, or which cache had it, made of the events of the build. Pure.
// Invariant: no value of an input is named, only its name, since values may be secret.
import type { BuildEvent } from './events.js';
import type { ChangedPaths, InputChange, MissReason } from './miss-reason.js';

export interface StepExplanation {
  readonly id: string;
  /** As shown: `[build 2/3] RUN make`. */
  readonly name: string;
  readonly outcome: 'ran' | 'cached' | 'failed' | 'canceled';
  /** A sentence each, without a stop: the reasons of a step that ran, the origin of one that did not. */
  readonly reasons: readonly string[];
}

type StepEnd = Extract<BuildEvent, { kind: 'step-end' }>;

interface Ended {
  readonly name: string;
  readonly end: StepEnd;
}

/** Of the steps of the Dockerfile that began, in the order of the plan. */
export function explainSteps(events: Iterable<BuildEvent>): readonly StepExplanation[] {
  const planned = new Map<string, string>();
  const ends = new Map<string, StepEnd>();
  for (const event of events) {
    if (event.kind === 'plan') for (const { id, name } of event.steps) planned.set(id, name);
    if (event.kind === 'step-end') ends.set(event.id, event);
  }
  const explained: StepExplanation[] = [];
  const done: Ended[] = [];
  for (const [id, name] of planned) {
    const end = ends.get(id);
    if (!end) continue;
    // A base is shown, and nothing is done for it.
    if (isStep(name))
      explained.push({ id, name, outcome: outcomeOf(end), reasons: reasonsOf(end, below(done, name)) });
    done.push({ name, end });
  }
  return explained;
}

function isStep(name: string): boolean {
  return !/^\[[^\]]*\] FROM /.test(name);
}

function outcomeOf({ status, miss }: StepEnd): StepExplanation['outcome'] {
  if (status === 'cached') return 'cached';
  if (status === 'done') return 'ran';
  return status === 'canceled' && !miss ? 'canceled' : status === 'error' ? 'failed' : 'canceled';
}

/** The last step of the same stage that ran before; without one the base of the stage, if it is known. */
function below(done: readonly Ended[], name: string): string | undefined {
  const stage = stageOf(name);
  const own = done.filter((step) => stageOf(step.name) === stage);
  return own.findLast(({ end }) => end.miss)?.name ?? own.find((step) => !isStep(step.name))?.name;
}

/** `[linux/arm64 build 2/3]` without the number. */
function stageOf(name: string): string {
  return /^\[(.*?) *\d+\/\d+\]/.exec(name)?.[1] ?? '';
}

function reasonsOf({ status, miss, from, changed }: StepEnd, parent: string | undefined): readonly string[] {
  if (status === 'cached')
    return [from === undefined ? 'taken from the store' : `taken from the cache ${from}`];
  return miss ? missReasons(miss, changed, parent) : [];
}

function missReasons(
  miss: MissReason,
  changed: ChangedPaths | undefined,
  parent: string | undefined,
): readonly string[] {
  switch (miss.kind) {
    case 'never':
      return ['no step like it was made here before'];
    case 'ignored':
      return ['the cache was not to be used'];
    case 'lost':
      return [`the cache knew it, but its ${LOST[miss.part]} is gone`];
    case 'refused':
      return ['its last layer held a secret and was not kept'];
    case 'changed':
      return changeReasons(miss.inputs, changed, parent);
  }
}

const LOST = { record: 'record', blob: 'layer', index: 'index of the layer' } as const;

function changeReasons(
  inputs: readonly InputChange[],
  changed: ChangedPaths | undefined,
  parent: string | undefined,
): readonly string[] {
  const isContent = inputs.some(({ input }) => input === 'content');
  const own = inputs.filter(({ input }) => input !== 'parent' && input !== 'op').map(wordsOf);
  const files = isContent && changed && changed.count > 0 ? [pathsOf(changed)] : [];
  const isBelow = inputs.some(({ input }) => input === 'parent');
  const layers = isBelow
    ? [parent === undefined ? 'the layers below it changed' : `the layers below it changed: ${parent}`]
    : [];
  return own.length + layers.length === 0
    ? ['the order of its inputs changed']
    : [...own, ...files, ...layers];
}

/** What an input is, in words; of one that has none the name of its field. */
const INPUTS: Readonly<Record<string, string>> = {
  platform: 'the platform',
  argv: 'the command',
  cwd: 'the working directory',
  workdir: 'the working directory',
  user: 'the user',
  hostname: 'the host name',
  network: 'the network',
  isInsecure: 'the security mode',
  script: 'the heredoc',
  heredocs: 'the heredoc',
  addHosts: '--add-host',
  ulimits: '--ulimit',
  shmSizeBytes: '--shm-size',
  dest: 'the destination',
  chown: '--chown',
  chmod: '--chmod',
  isLink: '--link',
  isParents: '--parents',
  unpack: '--unpack',
  path: 'the path',
  epoch: 'SOURCE_DATE_EPOCH',
};

function wordsOf({ input, name, index }: InputChange): string {
  if (input === 'env')
    return name === undefined ? 'the order of the variables changed' : `${name} has another value`;
  if (input === 'content') return `${name ?? `source ${(index ?? 0) + 1}`} changed`;
  if (input === 'mounts') return `what is mounted at ${name ?? `mount ${(index ?? 0) + 1}`} changed`;
  return `${INPUTS[input] ?? input} changed`;
}

/** Paths that are shown. */
const MOST = 5;

function pathsOf({ paths, count }: ChangedPaths): string {
  const shown = paths.slice(0, MOST);
  const more = count - shown.length;
  return `in the image differ: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
