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
    refuseCopy: () => undefined,
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
      isBaseShown: false,
      isBaseUnknown: false,
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

const heredocRun = (line: string, word: string) => {
  const [, ...rest] = lastRun(plan(`FROM scratch\nRUN ${line}\nbody\n${word}\n`)).argv;
  return rest.at(-1);
};

// Each as BuildKit plans it.
const HEREDOCS: readonly (readonly [line: string, word: string, command: string])[] = [
  ['<<EOF', 'EOF', 'body\n'],
  ['<< EOF', 'EOF', 'body\n'],
  ['<<  \t EOF', 'EOF', 'body\n'],
  ['<<\\\nEOF', 'EOF', 'body\n'],
  ['<< \\\n  EOF', 'EOF', 'body\n'],
  ['3<< EOF', 'EOF', 'body\n'],
  ['<<"END OF X"', 'END OF X', 'body\n'],
  ["<< 'END OF X'", 'END OF X', 'body\n'],
  ['<<END\\ OF\\ X', 'END OF X', 'body\n'],
  ['<<E"O"F', 'EOF', 'body\n'],
  ['<<"E\\"F"', 'E"F', 'body\n'],
  ["<<'E'\\''F'", "E'F", 'body\n'],
  ['cat << EOF > f', 'EOF', 'cat << EOF > f\nbody\nEOF'],
  ['cat <<"A B" > f', 'A B', 'cat <<"A B" > f\nbody\nA B'],
  ['python3 - << EOF', 'EOF', 'python3 - << EOF\nbody\nEOF'],
  ['<< EOF cat', 'EOF', '<< EOF cat\nbody\nEOF'],
];

for (const [index, [line, word, command]] of HEREDOCS.entries()) {
  test(`a heredoc with blanks, quotes and escapes: RUN ${JSON.stringify(line)} (${index})`, (t) => {
    t.is(heredocRun(line, word), command);
  });
}

test('a blank after <<- makes no heredoc', (t) => {
  t.throws(() => heredocRun('<<- EOF', 'EOF'), { message: /unknown instruction: body/ });
});

test('unknown flags: the case of a letter is a difference', (t) => {
  t.throws(() => plan('FROM scratch\nCOPY --Chown=1 a /\n'), {
    message: /unknown flag: --Chown \(did you mean chown\?\)$/,
  });
});

test('a shift is a heredoc, which needs its end', (t) => {
  t.throws(() => plan('FROM scratch\nRUN echo $((1 << 3))\n'), { message: /unterminated heredoc/ });
  t.is(
    lastRun(plan('FROM scratch\nRUN echo $((1 << ${N:-3}))\n')).argv.at(-1),
    'echo $((1 << ${N:-3}))',
    'a substitution ends what was read of the word',
  );
  t.is(lastRun(plan('FROM scratch\nRUN echo $((1<<3))\n')).argv.at(-1), 'echo $((1<<3))');
  t.is(lastRun(plan('FROM scratch\nRUN echo "$((1 << 3))"\n')).argv.at(-1), 'echo "$((1 << 3))"');
  t.is(lastRun(plan('FROM scratch\nRUN echo 1 < 3 <<< x\n')).argv.at(-1), 'echo 1 < 3 <<< x');
});

test('COPY and ADD take a blank in front of the word', (t) => {
  const state = plan('FROM scratch\nARG V=one\nCOPY << a.txt <<  "b.txt" c /x/\n$V\na.txt\n$V\nb.txt\n');
  const [step] = state.steps;
  t.like(step, { sources: ['c'], dest: '/x/', heredocs: [{ content: 'one\n' }, { content: '$V\n' }] });
  t.is(rows(state).at(-1), 'COPY c <<a.txt <<b.txt /x/ # buildkit');
  t.throws(() => plan('FROM scratch\nCOPY a << EOF\nEOF\n'), { message: /heredoc as a destination/ });
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
  t.deepEqual(Object.keys(state.config.ExposedPorts ?? {}).toSorted(), [
    '6000/tcp',
    '6001/tcp',
    '6002/tcp',
    '80/tcp',
    '81/udp',
  ]);
});

// All flags of COPY and ADD in pairs, and with values that expand to nothing: what BuildKit's dispatchCopy makes of
// them.
test('flags of COPY and ADD: with --chmod there is no link, and what expands to nothing is not given', (t) => {
  const given = (flags: string, keyword = 'COPY') => {
    const state = plan(`FROM scratch\nARG NONE\nARG M=640\nARG O=1:2\n${keyword} ${flags} a /b\n`);
    const [step] = state.steps;
    if (step?.kind !== 'copy' && step?.kind !== 'add') throw new Error('no copy');
    const { isLink, isParents, chmod, chown, checksum, excludes } = step;
    return {
      isLink,
      isParents,
      chmod,
      chown,
      checksum,
      excludes,
      row: rows(state).at(-1)?.replace(' # buildkit', ''),
    };
  };
  const plain = {
    isLink: false,
    isParents: false,
    chmod: undefined,
    chown: undefined,
    checksum: undefined,
    excludes: [],
  };
  t.deepEqual(given('--link'), { ...plain, isLink: true, row: 'COPY a /b' });
  t.deepEqual(given('--link --chmod=640'), { ...plain, chmod: '640', row: 'COPY --chmod=640 a /b' });
  t.deepEqual(given('--chmod=$M --link=true'), { ...plain, chmod: '640', row: 'COPY --chmod=640 a /b' });
  t.deepEqual(given('--link --chmod=$NONE'), { ...plain, isLink: true, row: 'COPY a /b' });
  t.deepEqual(given('--link --chmod='), { ...plain, isLink: true, row: 'COPY a /b' });
  t.deepEqual(given('--link --chown=$O'), {
    ...plain,
    isLink: true,
    chown: '1:2',
    row: 'COPY --chown=1:2 a /b',
  });
  t.deepEqual(given('--link --chown=$NONE'), { ...plain, isLink: true, row: 'COPY a /b' });
  t.deepEqual(given('--link --parents'), {
    ...plain,
    isLink: true,
    isParents: true,
    row: 'COPY --parents a /b',
  });
  t.deepEqual(given('--link --exclude=$M'), { ...plain, isLink: true, excludes: ['$M'], row: 'COPY a /b' });
  t.deepEqual(given('--parents --chmod=$NONE --chown=${NONE:-}'), {
    ...plain,
    isParents: true,
    row: 'COPY --parents a /b',
  });
  t.deepEqual(given('--chown=$O --chmod=$M'), {
    ...plain,
    chmod: '640',
    chown: '1:2',
    row: 'COPY --chown=1:2 --chmod=640 a /b',
  });
  t.deepEqual(given('--link --chmod=640 --chown=$NONE', 'ADD'), {
    ...plain,
    chmod: '640',
    row: 'ADD --chmod=640 a /b',
  });
  t.deepEqual(given('--checksum=$NONE --chmod=${NONE} --link', 'ADD'), {
    ...plain,
    isLink: true,
    row: 'ADD a /b',
  });
  t.deepEqual(given('--checksum=$M', 'ADD'), { ...plain, checksum: '640', row: 'ADD a /b' });
});

test('EXPOSE in the history: words are sorted as written, then expanded', (t) => {
  const rowOf = (text: string) => rows(plan(`FROM scratch\nARG P="443 80"\nENV D=9229 N=\n${text}\n`)).at(-1);
  t.is(rowOf('EXPOSE 3000 $D'), 'EXPOSE [9229/tcp 3000/tcp]');
  t.is(rowOf('EXPOSE 3000 $P 9'), 'EXPOSE [443/tcp 80/tcp 3000/tcp 9/tcp]');
  t.is(rowOf('EXPOSE 8000-8002/udp ${D:-1}/TCP'), 'EXPOSE [9229/tcp 8000/udp 8001/udp 8002/udp]');
  t.is(rowOf('EXPOSE $N 80'), 'EXPOSE [80/tcp]');
  t.is(rowOf('EXPOSE $N'), 'EXPOSE []');
});

// What BuildKit makes of each; undefined where it takes it.
const PORTS: readonly (readonly [argument: string, ports: string | undefined, message?: string])[] = [
  ['+80', '80/tcp'],
  ['080', '80/tcp'],
  ['0', '0/tcp'],
  ['-0', undefined, 'invalid containerPort: -0'],
  ['[]:80:80', '80/tcp'],
  ['80-80', '80/tcp'],
  ['80/', '80/tcp'],
  ['80/UDP', '80/udp'],
  [':80', '80/tcp'],
  ['::80', '80/tcp'],
  ['127.0.0.1:80:80', '80/tcp'],
  ['::1:80:80', '80/tcp'],
  ['[::1]:80:80', '80/tcp'],
  ['1-3:4-6', '4/tcp 5/tcp 6/tcp'],
  ['8000-9000:80', '80/tcp'],
  ['http', undefined, 'invalid containerPort: http'],
  ['65536', undefined, 'invalid containerPort: 65536'],
  ['-1', undefined, 'invalid containerPort: -1'],
  ['80-', undefined, 'invalid containerPort: 80-'],
  ['81-80', undefined, 'invalid containerPort: 81-80'],
  ['1-2-3', undefined, 'invalid containerPort: 1-2-3'],
  ['/tcp', undefined, 'invalid port: "/tcp": no port specified'],
  ['80:', undefined, 'invalid port: "80:": no port specified'],
  ['80/foo', undefined, 'invalid port: "80/foo": invalid proto: foo'],
  ['80/tcp/x', undefined, 'invalid port: "80/tcp/x": invalid proto: tcp/x'],
  ['a:80', undefined, 'invalid hostPort: a'],
  ['80/tcp:90', undefined, 'invalid hostPort: 80/tcp'],
  ['1:2-3', undefined, 'invalid ranges specified for container and host Ports: 2-3 and 1'],
  ['256.1.1.1:1:1', undefined, 'invalid IP address: 256.1.1.1'],
  ['01.1.1.1:1:1', undefined, 'invalid IP address: 01.1.1.1'],
  ['localhost:80:80', undefined, 'invalid IP address: localhost'],
  ['1:2:3:4', undefined, 'invalid IP address: 1:2'],
  ['fe80::1%eth0:1:1', undefined, 'invalid IP address: fe80::1%eth0'],
  ['[::1]:80', undefined, "invalid IP address [:: address [::: missing ']' in address"],
  ['[::1]x:1:1', undefined, 'invalid IP address [::1]x: address [::1]x:: missing port in address'],
];

for (const [argument, ports, message] of PORTS) {
  test(`EXPOSE ${argument}`, (t) => {
    const planned = () => plan(`FROM scratch\nEXPOSE ${argument}\n`);
    if (ports === undefined) t.is(t.throws(planned, { instanceOf: TsbuildError })?.message, message ?? '');
    else t.is(rows(planned()).at(-1), `EXPOSE [${ports}]`);
  });
}

test('STOPSIGNAL takes any number but 0, and the names of Linux', (t) => {
  const planned = (signal: string) => plan(`FROM scratch\nSTOPSIGNAL ${signal}\n`);
  for (const signal of [
    '9',
    '-1',
    '+9',
    '007',
    '9999',
    'KILL',
    'sigterm',
    'SIGRTMIN',
    'RTMIN+15',
    'rtmax-14',
    'SIGCLD',
  ])
    t.is(planned(signal).config.StopSignal, signal);
  for (const signal of [
    '0',
    '-0',
    '+0',
    '00',
    '9223372036854775808',
    'SIGUNUSED',
    'UNUSED',
    'SIGNOPE',
    'RTMIN+16',
    'RTMIN+01',
    'RTMAX-15',
    'RTMIN+0',
    'SIGSIGTERM',
    '9x',
    '1_0',
  ])
    t.is(
      t.throws(() => planned(signal), { code: 'DOCKERFILE_SYNTAX' })?.message,
      `invalid signal: ${signal}`,
    );
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
