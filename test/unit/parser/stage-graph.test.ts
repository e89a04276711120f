// Stages, references, cycles and targets.
import test from 'ava';
import { TsbuildError } from '../../../src/core/errors.js';
import { parseDockerfile } from '../../../src/parser/parse-dockerfile.js';
import { buildStageGraph, type StageGraph, type StageGraphOptions } from '../../../src/parser/stage-graph.js';

function graphOf(text: string, options: Partial<StageGraphOptions> = {}): StageGraph {
  return buildStageGraph(parseDockerfile(text, 'Dockerfile'), {
    namedContexts: new Set(),
    expandBase: ({ image }) => image.replaceAll('$B', 'busybox').replaceAll('$E', ''),
    ...options,
  });
}

function summary({ nodes }: StageGraph): unknown {
  return nodes.map(({ name, base, needs }) => [name, base, needs]);
}

function sourcesOf(graph: StageGraph, name: string): unknown[] {
  return [...graph.nodes.find((node) => node.name === name)!.sources.values()];
}

test('only what the target needs is in the graph, in the order of the file', (t) => {
  const text =
    'FROM $B AS a\nFROM x AS unused\nFROM a\nFROM scratch AS c\nCOPY --from=A / /\nRUN --mount=from=2,target=/x true\n';
  t.deepEqual(summary(graphOf(text)), [
    ['a', { kind: 'image', reference: 'busybox' }, []],
    ['c', { kind: 'scratch' }, [0]],
  ]);
  t.deepEqual(summary(graphOf(text, { target: '2' })), [
    ['a', { kind: 'image', reference: 'busybox' }, []],
    ['stage-2', { kind: 'stage', index: 0 }, [0]],
  ]);
});

test('--from takes a stage index, a name in any case, scratch or an image; a mount takes no index', (t) => {
  const text = `FROM x AS a
FROM y
COPY --from=0 / /
COPY --from=A / /
COPY --from=img:1 / /
COPY --from=scratch / /
COPY / /
RUN --mount=target=/a --mount=from=a,target=/b --mount=from=0,target=/c true
`;
  t.deepEqual(sourcesOf(graphOf(text), 'stage-1'), [
    [{ kind: 'stage', index: 0 }],
    [{ kind: 'stage', index: 0 }],
    [{ kind: 'image', reference: 'img:1' }],
    [{ kind: 'scratch' }],
    [undefined, { kind: 'stage', index: 0 }, { kind: 'image', reference: '0' }],
  ]);
});

test('FROM matches stage names case-sensitively, the nearest before it; FROM 0 is an image', (t) => {
  const graph = graphOf(
    'FROM x AS a\nFROM y AS a\nFROM a AS a\nFROM A AS b\nFROM 0 AS c\nFROM scratch\nCOPY --from=b / /\nCOPY --from=c / /\nCOPY --from=2 / /\n',
  );
  t.deepEqual(
    graph.nodes.map(({ base }) => base),
    [
      { kind: 'image', reference: 'y' },
      { kind: 'stage', index: 1 },
      { kind: 'image', reference: 'A' },
      { kind: 'image', reference: '0' },
      { kind: 'scratch' },
    ],
  );
});

test('a stage called scratch hides scratch', (t) => {
  t.deepEqual(graphOf('FROM x AS scratch\nFROM scratch\n').target.base, { kind: 'stage', index: 0 });
});

test('a named context replaces a stage, or an image by its familiar name', (t) => {
  const text =
    'FROM x AS a\nRUN --mount=from=later,target=/x true\nFROM docker.io/library/img:latest\nCOPY --from=a / /\nCOPY --from=other / /\n';
  const graph = graphOf(text, { namedContexts: new Set(['a', 'img', 'other:latest']) });
  t.deepEqual(summary(graph), [
    ['a', { kind: 'context', name: 'a' }, []],
    ['stage-1', { kind: 'context', name: 'img' }, [0]],
  ]);
  t.true(graph.nodes[0]!.isReplaced);
  t.deepEqual(sourcesOf(graph, 'a'), []);
  t.deepEqual(sourcesOf(graph, 'stage-1')[1], [{ kind: 'context', name: 'other:latest' }]);
});

test('a context for one platform comes before the general one', (t) => {
  const namedContexts = new Set(['img', 'img::linux/arm64']);
  const baseFor = (platform: string) => graphOf('FROM img\n', { namedContexts, platform }).target.base;
  t.deepEqual(baseFor('linux/arm64'), { kind: 'context', name: 'img::linux/arm64' });
  t.deepEqual(baseFor('linux/amd64'), { kind: 'context', name: 'img' });
});

test('scratch and context are never named contexts', (t) => {
  t.deepEqual(graphOf('FROM scratch\n', { namedContexts: new Set(['scratch', 'context']) }).target.base, {
    kind: 'scratch',
  });
});

test('ONBUILD of a parent stage runs in the child and adds what it needs', (t) => {
  const text =
    'FROM x AS tools\nFROM y AS parent\nONBUILD COPY --from=tools /t /t\nONBUILD RUN echo hi\nFROM parent AS child\nRUN own\n';
  const { nodes, target } = graphOf(text);
  t.deepEqual(
    nodes.map(({ name }) => name),
    ['tools', 'parent', 'child'],
  );
  t.deepEqual(
    target.triggers.map(({ kind, location }) => [kind, location.startLine]),
    [
      ['copy', 5],
      ['run', 5],
    ],
  );
  t.deepEqual(target.needs, [0, 1]);
  t.deepEqual(nodes[1]!.triggers, []);
});

test('triggers of a base image are taken when they are known', (t) => {
  const text = 'FROM x AS tools\nFROM y AS child\n';
  t.deepEqual(graphOf(text).nodes.length, 1);
  const { nodes } = graphOf(text, { imageTriggers: new Map([[1, ['COPY --from=tools /a /b']]]) });
  t.deepEqual(
    nodes.map(({ name }) => name),
    ['tools', 'child'],
  );
});

for (const [title, text, options, code, message, line] of [
  [
    'unknown target',
    'FROM x AS build\n',
    { target: 'bulid' },
    'STAGE_NOT_FOUND',
    'target stage "bulid" could not be found (did you mean build?)',
    undefined,
  ],
  ['stage index', 'FROM x\nCOPY --from=4 a b\n', {}, 'STAGE_NOT_FOUND', 'invalid stage index 4', 2],
  [
    'itself',
    'FROM x AS a\nCOPY --from=a a b\n',
    {},
    'GRAPH_CYCLE',
    'circular dependency detected on stage: a',
    2,
  ],
  [
    'cycle, although not needed',
    'FROM x AS a\nCOPY --from=b a b\nFROM x AS b\nCOPY --from=a a b\nFROM z\n',
    {},
    'GRAPH_CYCLE',
    'circular dependency detected on stage: a',
    4,
  ],
  [
    'later stage',
    'FROM x AS a\nCOPY --from=b a b\nFROM x AS b\nFROM a\n',
    {},
    'GRAPH_CYCLE',
    'cannot copy from stage "b", it needs to be defined before current stage "a"',
    2,
  ],
  [
    'mount of a later stage',
    'FROM x\nRUN --mount=from=b,target=/x true\nFROM x AS b\nFROM x\nCOPY --from=0 / /\n',
    {},
    'GRAPH_CYCLE',
    'cannot mount from stage "b" to "/x", stage needs to be defined before current command',
    2,
  ],
  ['blank base', 'FROM $E\n', {}, 'DOCKERFILE_SYNTAX', 'base name ($E) should not be blank', 1],
  [
    'variable in --from',
    'FROM x\nCOPY --from=$B a b\n',
    {},
    'DOCKERFILE_EXPANSION',
    'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
    2,
  ],
  [
    'trigger that is no instruction',
    'FROM x\n',
    { imageTriggers: new Map([[0, ['RUNN x']]]) },
    'DOCKERFILE_UNKNOWN_INSTRUCTION',
    'unknown instruction: RUNN (did you mean RUN?)',
    1,
  ],
] as const) {
  test(`refuses: ${title}`, (t) => {
    const error = t.throws(() => graphOf(text, options), { instanceOf: TsbuildError });
    t.like(error, { code, message });
    t.is(error?.location?.startLine, line);
  });
}

test('a later stage is no error where it is not needed', (t) => {
  t.is(graphOf('FROM x AS a\nCOPY --from=b a b\nFROM x AS b\n').nodes.length, 1);
});

test('a file with very many stages is handled', (t) => {
  const text = Array.from(
    { length: 20_000 },
    (_, i) => `FROM ${i === 0 ? 'x' : `s${i - 1}`} AS s${i}\n`,
  ).join('');
  t.is(graphOf(text).nodes.length, 20_000);
  const chain = Array.from({ length: 5000 }, (_, i) => `FROM x AS s${i}\nCOPY --from=s${i + 1} a b\n`).join(
    '',
  );
  t.throws(() => graphOf(`${chain}FROM y AS s5000\n`, { target: 's0' }), { code: 'GRAPH_CYCLE' });
});
