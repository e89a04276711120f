// Reads a text as a build does up to the plan of its steps: parsed, checked, its stages ordered, its words expanded.
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const TIME_LIMIT_MS = 2000;

/** Gives a function that tells what a text comes to: 'accepted', 'rejected', or { failure }. */
export async function createReader() {
  const from = (path) => import(join(root, process.env.BUILD_DIR ?? 'build', 'src', `${path}.js`));
  const [{ TsbuildError }, { parseDockerfile }, { buildStageGraph }, { runChecks }, global, plan, words] =
    await Promise.all(
      [
        'core/errors',
        'parser/parse-dockerfile',
        'parser/stage-graph',
        'parser/checks/run-checks',
        'plan/global-args',
        'plan/plan-stage',
        'parser/expand-word',
      ].map(from),
    );
  const platform = { os: 'linux', architecture: 'amd64' };

  /** Each part may refuse the file; anything else it throws comes through. True when the user is refused. */
  function isRefused(work) {
    try {
      work();
      return false;
    } catch (error) {
      if (error instanceof TsbuildError) return true;
      throw error;
    }
  }

  function planStages(dockerfile, graph, globalArgs) {
    const scope = {
      escape: dockerfile.escape,
      buildArgs: { A: 'b' },
      globalArgs,
      targetPlatform: platform,
      hostname: 'buildkitsandbox',
      network: 'default',
      allow: new Set(),
      isCacheIgnored: () => false,
      resolveSource: () => ({ kind: 'context', name: 'b' }),
      isSingleStage: dockerfile.stages.length === 1,
    };
    const states = new Map();
    for (const { stage, base, triggers } of graph.nodes) {
      const parent = base.kind === 'stage' ? states.get(base.index) : undefined;
      const naming = { stageName: stage.name ?? `stage-${stage.index}`, total: 9 };
      const { index, name, instructions } = stage;
      states.set(
        index,
        plan.planStage(
          parent ? plan.childState(parent) : plan.scratchState(platform),
          { index, name, naming, triggers, instructions, hasImageBase: false },
          scope,
        ),
      );
    }
  }

  function readAll(text) {
    const parsed = {};
    if (isRefused(() => (parsed.file = parseDockerfile(text, 'Dockerfile')))) return 'rejected';
    const { file } = parsed;
    isRefused(() => runChecks(file, { ignoredBy: () => '*', baseEnvironments: new Map([[0, ['A=1']]]) }));
    isRefused(() => {
      const { escape, globalArgs } = file;
      const values = global.evaluateGlobalArgs({ automatic: new Map(), globalArgs, buildArgs: {}, escape });
      const expandBase = ({ image }) => words.expandWord(image, (name) => values.get(name), { escape }).text;
      const graph = buildStageGraph(file, { namedContexts: new Set(['b']), expandBase });
      planStages(file, graph, values);
    });
    return 'accepted';
  }

  return (text) => {
    const started = performance.now();
    try {
      const verdict = readAll(text);
      const took = performance.now() - started;
      return took < TIME_LIMIT_MS ? verdict : { failure: `took ${Math.round(took)} ms` };
    } catch (error) {
      return { failure: `threw ${error?.stack ?? error}` };
    }
  };
}
