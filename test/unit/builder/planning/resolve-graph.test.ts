// The graph with its bases: what the registry is asked for, and what triggers of images bring.
import test from 'ava';
import { expanderOf, globalArgsOf } from '../../../../src/builder/planning/read-graph.js';
import { resolveGraph, type GraphOptions } from '../../../../src/builder/planning/resolve-graph.js';
import { TsbuildError } from '../../../../src/core/errors.js';
import { createRig, type Rig } from '../../../rig/rig.js';

/** The bases of a file that is planned already, without what was found out then. */
function resolved(rig: Rig, text: string, options: GraphOptions = {}) {
  return rig.inStage(text, ({ tools, dockerfile }) => {
    const expand = expanderOf(globalArgsOf(tools, dockerfile), dockerfile);
    return resolveGraph(tools, dockerfile, expand, options);
  });
}

test('each image is asked for once, for as many stages as begin with it', async (t) => {
  const rig = createRig(t);
  await rig.serve('base');
  const { graph, bases } = await resolved(rig, 'FROM base AS a\nFROM base\nCOPY --from=a x /\n');
  t.deepEqual(
    graph.nodes.map(({ name }) => name),
    ['a', 'stage-1'],
  );
  t.is(bases.get(0)?.image, bases.get(1)?.image);
  t.deepEqual(rig.asked, ['resolve base', 'config of base']);
});

test('a trigger of a base can need another image, and another stage', async (t) => {
  const rig = createRig(t);
  await rig.serve('tools');
  await rig.serve('base', { config: { OnBuild: ['COPY --from=tools a /', 'COPY --from=one b /'] } });
  const { graph } = await resolved(rig, 'FROM scratch AS one\nFROM base\n');
  t.deepEqual(
    graph.nodes.map(({ name }) => name),
    ['one', 'stage-1'],
  );
  t.true(rig.asked.includes('resolve tools'));
});

test('scratch and directories are no images', async (t) => {
  const rig = createRig(t);
  const { bases } = await resolved(rig, 'FROM scratch\n');
  t.deepEqual(
    [...bases.values()].map(({ image, contextFiles }) => [image, contextFiles]),
    [[undefined, undefined]],
  );
  const dir = { buildContexts: { dir: rig.context } };
  const files = await rig.inStage('FROM dir\n', async ({ plan }) => plan.target.contextFiles, dir);
  t.is(files, 'dir');
});

test('who cannot be asked is told of, where that is wanted', async (t) => {
  const rig = createRig(t);
  await rig.serve('base');
  await rig.inStage('FROM base\n', async ({ tools, dockerfile }) => {
    const failure = new TsbuildError('REGISTRY_UNREACHABLE', 'no line');
    const alone = { ...tools, resolveImage: () => Promise.reject(failure) };
    const expand = expanderOf(new Map(), dockerfile);
    const told: TsbuildError[] = [];
    const onUnreachable = (error: TsbuildError) => void told.push(error);
    const { bases } = await resolveGraph(alone, dockerfile, expand, { onUnreachable });
    t.true(bases.get(0)?.isUnknown);
    t.deepEqual(
      told.map(({ message, location }) => [message, location?.startLine]),
      [['no line', 1]],
    );
    t.like(await t.throwsAsync(resolveGraph(alone, dockerfile, expand, {})), { message: 'no line' });
  });
});
