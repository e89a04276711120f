// Random graphs of stages against a model of a few lines: what the target needs runs, each stage once and after what it
// needs, and the first failure is the build's.
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { createRig, type Rig } from '../../rig/rig.js';
import type { ScriptedRun } from '../../rig/scripted-run.js';

interface Stage {
  /** Index of an earlier stage; undefined for scratch. */
  readonly base: number | undefined;
  /** Indexes of earlier stages that it mounts. */
  readonly mounts: readonly number[];
  readonly fails: boolean;
}

interface Graph {
  readonly stages: readonly Stage[];
  /** Which of the running processes ends next, as a fraction of them. */
  readonly choices: readonly number[];
}

const MAX_STAGES = 7;

function stageAt(index: number): fc.Arbitrary<Stage> {
  const earlier = fc.nat({ max: Math.max(index - 1, 0) });
  return fc.record({
    base: index === 0 ? fc.constant(undefined) : fc.option(earlier, { nil: undefined }),
    mounts: index === 0 ? fc.constant([]) : fc.uniqueArray(earlier, { maxLength: 3 }),
    fails: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  });
}

const graphs: fc.Arbitrary<Graph> = fc.record({
  stages: fc
    .integer({ min: 1, max: MAX_STAGES })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => stageAt(index)))),
  choices: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), {
    minLength: MAX_STAGES,
    maxLength: MAX_STAGES,
  }),
});

const commandOf = (index: number) => `stage ${index}`;

function dockerfileOf({ stages }: Graph): string {
  return stages
    .map(({ base, mounts }, index) => {
      const from = base === undefined ? 'scratch' : `s${base}`;
      const flags = mounts.map((source) => `--mount=from=s${source},target=/m${source} `).join('');
      return `FROM ${from} AS s${index}\nRUN ${flags}${commandOf(index)}\n`;
    })
    .join('');
}

function needsOf({ base, mounts }: Stage): readonly number[] {
  return base === undefined ? mounts : [base, ...mounts];
}

function neededBy({ stages }: Graph): ReadonlySet<number> {
  const needed = new Set<number>();
  const add = (index: number): void => {
    if (needed.has(index)) return;
    needed.add(index);
    needsOf(stages[index]!).forEach(add);
  };
  add(stages.length - 1);
  return needed;
}

/** Stages whose needs are done. */
function readyAmong(graph: Graph, needed: ReadonlySet<number>, done: ReadonlySet<number>): number[] {
  return [...needed].filter((index) => needsOf(graph.stages[index]!).every((need) => done.has(need)));
}

/** Ends processes in the order of the choices, and looks before each end whether exactly those run that may. */
async function play(t: ExecutionContext, rig: Rig, graph: Graph): Promise<void> {
  const needed = neededBy(graph);
  const done = new Set<number>();
  const runs = new Map<number, ScriptedRun>();
  const build = rig.build(dockerfileOf(graph));
  for (const choice of graph.choices) {
    if (done.size === needed.size) break;
    // Those that may run do, without anybody's end: `nextRun` fails otherwise.
    for (const index of readyAmong(graph, needed, done))
      if (!runs.has(index)) runs.set(index, await rig.nextRun(commandOf(index)));
    t.is(rig.started.length, runs.size, 'no other process has started');
    const running = [...runs.keys()].filter((index) => !done.has(index)).toSorted((a, b) => a - b);
    const next = running[Math.floor(choice * running.length)]!;
    const { fails } = graph.stages[next]!;
    runs.get(next)!.exits(fails ? 1 : 0);
    if (fails) {
      const { code, location } = await build.failure();
      t.deepEqual([code, location?.startLine], ['STEP_EXIT_NONZERO', next * 2 + 2]);
      for (const index of running) if (index !== next) t.true(runs.get(index)!.isAborted, commandOf(index));
      t.is(rig.started.length, runs.size, 'nothing starts after a failure');
      return;
    }
    done.add(next);
  }
  t.is((await build.result).executed, needed.size);
}

test('each stage that is needed runs once, as soon as it can and not before; the first failure ends the build', async (t) => {
  await fc.assert(
    fc.asyncProperty(graphs, async (graph) => play(t, createRig(t), graph)),
    { numRuns: 40 },
  );
});
