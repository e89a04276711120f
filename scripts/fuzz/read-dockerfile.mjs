// Reads a text as a build does up to the plan of its steps: parsed, checked, its stages ordered, its words expanded.
import { load } from './load.mjs';

/** A function (Buffer) => what was read of it; it throws what the parser throws, and whatever later parts throw that is no TsbuildError. */
export async function createReader() {
  const [
    { TsbuildError },
    { parseDockerfile },
    { buildStageGraph },
    { runChecks },
    global,
    plan,
    words,
    { refuseCopy },
  ] = await Promise.all(
    [
      'core/errors',
      'parser/parse-dockerfile',
      'parser/stage-graph',
      'parser/checks/run-checks',
      'plan/global-args',
      'plan/plan-stage',
      'parser/expand-word',
      'builder/steps/refuse-copy',
    ].map(load),
  );
  const platform = { os: 'linux', architecture: 'amd64' };

  /** A later part may refuse the file too; anything else that it throws comes through. */
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
      refuseCopy,
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
          { index, name, naming, triggers, instructions, isBaseUnknown: false, isBaseShown: false },
          scope,
        ),
      );
    }
  }

  return async (bytes) => {
    const text = bytes.toString('utf8');
    const file = parseDockerfile(text, 'Dockerfile');
    const refused = [
      isRefused(() => runChecks(file, { ignoredBy: () => '*', baseEnvironments: new Map([[0, ['A=1']]]) })),
      isRefused(() => {
        const { escape, globalArgs } = file;
        const values = global.evaluateGlobalArgs({ automatic: new Map(), globalArgs, buildArgs: {}, escape });
        const expandBase = ({ image }) =>
          words.expandWord(image, (name) => values.get(name), { escape }).text;
        const graph = buildStageGraph(file, { namedContexts: new Set(['b']), expandBase });
        planStages(file, graph, values);
      }),
    ];
    return { file, refused };
  };
}
