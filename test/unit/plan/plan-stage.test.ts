import test from 'ava';
import { TsbuildError } from '../../../src/core/errors.js';
import { parseDockerfile } from '../../../src/parser/parse-dockerfile.js';
import { evaluateGlobalArgs } from '../../../src/plan/global-args.js';
import { childState, imageState, planStage, scratchState } from '../../../src/plan/plan-stage.js';
import type { PlanScope } from '../../../src/plan/scope.js';
import type { RunStep, StageOutcome } from '../../../src/plan/step.js';
import type { ImageConfig } from '../../../src/oci/types.js';

const LINUX = { os: 'linux', architecture: 'amd64' };

interface Given {
  readonly buildArgs?: Record<string, string>;
  readonly base?: StageOutcome;
  readonly allow?: string[];
}

function plan(text: string, given: Given = {}): StageOutcome {
  const dockerfile = parseDockerfile(text, 'Dockerfile');
  const buildArgs = given.buildArgs ?? {};
  const scope: PlanScope = {
    escape: dockerfile.escape,
    buildArgs,
    globalArgs: evaluateGlobalArgs({
      automatic: new Map(),
      globalArgs: dockerfile.globalArgs,
      buildArgs,
      escape: dockerfile.escape,
    }),
    hostname: 'buildkitsandbox',
    network: 'default',
    allow: new Set(given.allow ?? []),
    isCacheIgnored: () => false,
    resolveSource: (from) => ({ kind: 'image', reference: from }),
  };
  const [stage] = dockerfile.stages;
  return planStage(
    given.base ?? scratchState(LINUX),
    {
      index: 0,
      name: undefined,
      naming: { stageName: '', total: 9 },
      triggers: [],
      instructions: stage!.instructions,
      hasImageBase: false,
    },
    scope,
  );
}

const rows = (state: StageOutcome) => state.history.map((row) => row.created_by);
const lastRun = (state: StageOutcome) =>
  state.steps.findLast((step): step is RunStep => step.kind === 'run')!;

test('behaviour 22: all pairs of one ENV see the values from before it', (t) => {
  const state = plan('FROM scratch\nENV a=1\nENV a=2 b=$a\n');
  t.deepEqual(state.config.Env?.slice(1), ['a=2', 'b=1']);
});

test('behaviour 23: an ARG after ENV wins in RUN, the config keeps the ENV', (t) => {
  const state = plan('FROM scratch\nENV X=1\nARG X=2\nRUN echo $X\n');
  t.true(lastRun(state).env.includes('X=2'));
  t.true(state.config.Env?.includes('X=1'));
  const swapped = plan('FROM scratch\nARG X=2\nENV X=1\nRUN echo $X\n');
  t.true(lastRun(swapped).env.includes('X=1'));
});

test('behaviour 21: a default in the stage beats the global one, --build-arg beats both', (t) => {
  const text = 'ARG V=1\nFROM scratch\nARG V=2\nRUN echo $V\n';
  t.true(lastRun(plan(text)).env.includes('V=2'));
  t.true(lastRun(plan(text, { buildArgs: { V: '3' } })).env.includes('V=3'));
});

test('behaviour 20: a global ARG is not visible before its ARG line in the stage', (t) => {
  const state = plan('ARG V=1\nFROM scratch\nRUN a\nARG V\nRUN b\n');
  t.false((state.steps[0] as RunStep).env.some((variable) => variable.startsWith('V=')));
  t.true((state.steps[1] as RunStep).env.includes('V=1'));
});

test('behaviour 40: history of RUN shows the ARGs in scope', (t) => {
  t.is(
    rows(plan('FROM scratch\nARG a=1\nARG b=2\nRUN echo hi\n')).at(-1),
    'RUN |2 a=1 b=2 /bin/sh -c echo hi # buildkit',
  );
});

test('behaviour 25: proxies reach every RUN in both cases and stay out of history', (t) => {
  const state = plan('FROM scratch\nRUN env\n', { buildArgs: { HTTP_PROXY: 'u' } });
  t.deepEqual(lastRun(state).proxyEnv, ['HTTP_PROXY=u', 'http_proxy=u']);
  t.is(rows(state).at(-1), 'RUN /bin/sh -c env # buildkit');
});

test('behaviour 27: ENTRYPOINT drops an inherited CMD and keeps one of its own stage', (t) => {
  const image: ImageConfig = {
    ...LINUX,
    config: { Cmd: ['a'] },
    rootfs: { type: 'layers', diff_ids: [] },
  };
  const base = imageState(image, LINUX);
  t.is(plan('FROM scratch\nENTRYPOINT ["e"]\n', { base }).config.Cmd, null);
  t.deepEqual(plan('FROM scratch\nCMD ["c"]\nENTRYPOINT ["e"]\n', { base }).config.Cmd, ['c']);
});

test('behaviour 29: a heredoc alone is the script, a shebang makes it a file, anything else goes to the shell as written', (t) => {
  const simple = lastRun(plan('FROM scratch\nRUN <<E\necho "$A"\nE\n'));
  t.deepEqual(simple.argv, ['/bin/sh', '-c', 'echo "$A"\n']);
  const script = lastRun(plan('FROM scratch\nRUN <<E\n#!/bin/cat\nhi\nE\n'));
  t.deepEqual(script.argv, ['/bin/sh', '-c', '/dev/pipes/E']);
  t.deepEqual(script.script, { name: 'E', content: '#!/bin/cat\nhi\n' });
  const shell = lastRun(plan('FROM scratch\nRUN cat <<E\n$A\nE\n'));
  t.deepEqual(shell.argv, ['/bin/sh', '-c', 'cat <<E\n$A\nE']);
});

test('behaviour 30: COPY heredocs are expanded unless quoted', (t) => {
  const contents = (text: string) => {
    const [step] = plan(text).steps;
    return step?.kind === 'copy' ? step.heredocs.map((doc) => doc.content) : [];
  };
  t.deepEqual(contents('FROM scratch\nARG A=1\nCOPY <<E /x\n"$A" \\$A\nE\n'), ['"1" $A\n']);
  t.deepEqual(contents('FROM scratch\nARG A=1\nCOPY <<"E" /x\n"$A" \\$A\nE\n'), ['"$A" \\$A\n']);
});

test('behaviour 34: WORKDIR and RUN make layers, ENV and WORKDIR / do not', (t) => {
  const state = plan('FROM scratch\nRUN true\nWORKDIR /tmp\nENV A=1\nWORKDIR /\n');
  t.deepEqual(
    state.history.map((row) => row.empty_layer ?? false),
    [false, false, true, true],
  );
  t.is(state.steps.length, 2);
});

test('WORKDIR joins relative paths and keeps absolute ones as written', (t) => {
  t.is(plan('FROM scratch\nWORKDIR /a\nWORKDIR b/../c\n').config.WorkingDir, '/a/c');
  t.is(plan('FROM scratch\nWORKDIR /a/../b/\n').config.WorkingDir, '/a/../b/');
});

test('EXPOSE: one variable may hold several ports, ranges are expanded', (t) => {
  const state = plan('FROM scratch\nARG P="80 81/udp"\nEXPOSE $P 6000-6002\n');
  t.deepEqual(Object.keys(state.config.ExposedPorts ?? {}), [
    '6000/tcp',
    '6001/tcp',
    '6002/tcp',
    '80/tcp',
    '81/udp',
  ]);
});

test('a child stage inherits ARG values, with the config on top, and no triggers', (t) => {
  const parent = plan('FROM scratch\nENV X=1\nARG X=2\nARG Y=3\nONBUILD RUN x\n');
  const child = childState(parent);
  t.true(child.env.includes('X=1'));
  t.true(child.env.includes('Y=3'));
  t.falsy(child.config.OnBuild);
});

test('entitlements are refused by name unless they are allowed', (t) => {
  const text = 'FROM scratch\nRUN --network=host true\n';
  const error = t.throws(() => plan(text), { instanceOf: TsbuildError });
  t.is(error?.code, 'NOT_ALLOWED');
  t.is(error?.location?.startLine, 2);
  t.is(lastRun(plan(text, { allow: ['network.host'] })).network, 'host');
});

test('the names of steps are numbered and say what is expanded', (t) => {
  const state = plan('FROM scratch\nARG D=/d\nWORKDIR $D\nCOPY a $D\nRUN echo $D\n');
  t.deepEqual(
    state.steps.map((step) => step.name),
    ['[1/9] WORKDIR /d', '[2/9] COPY a /d', '[3/9] RUN echo /d'],
  );
});

test('an expansion error carries the code and the line', (t) => {
  const error = t.throws(() => plan('FROM scratch\n\nENV A=${x:?no}\n'), { instanceOf: TsbuildError });
  t.is(error?.code, 'DOCKERFILE_EXPANSION');
  t.is(error?.location?.startLine, 3);
});
