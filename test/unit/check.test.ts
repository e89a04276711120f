import test, { type ExecutionContext } from 'ava';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from '../../src/build.js';
import type { BuildOptions } from '../../src/build-options.js';
import { check } from '../../src/check.js';
import type { BuildEvent } from '../../src/core/events.js';
import type { BuildRequest } from '../../src/plan/request.js';
import { tempDir } from '../support/temp-store.js';

/** A context and, apart from it, a store that is not there yet. */
function world(t: ExecutionContext, files: Readonly<Record<string, string>>) {
  const [context, store] = [tempDir(t), join(tempDir(t), 'store')];
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(context, path)), { recursive: true });
    writeFileSync(join(context, path), content);
  }
  const options: BuildOptions = { env: { TSBUILD_ROOT: store }, cwd: context };
  return { context, store, options };
}

async function rulesOf(
  t: ExecutionContext,
  files: Readonly<Record<string, string>>,
  request: Partial<BuildRequest> = {},
): Promise<string[]> {
  const { context, options } = world(t, files);
  const { findings } = await check({ context, ...request }, options);
  return findings.map(({ rule, location }) => `${location?.startLine} ${rule}`);
}

/** What a check says that stops a build. */
async function failureOf(t: ExecutionContext, Dockerfile: string, request: Partial<BuildRequest> = {}) {
  const { context, options } = world(t, { Dockerfile });
  const { error } = await check({ context, ...request }, options);
  return error && { code: error.code, message: error.message, line: error.location?.startLine };
}

test.serial('a check that is refused at once leaves nothing behind', async (t) => {
  const { context, options } = world(t, { Dockerfile: 'FROM scratch\n' });
  const { TMPDIR } = process.env;
  const folder = tempDir(t);
  process.env['TMPDIR'] = folder;
  try {
    const secrets = [{ id: 'a', file: '/no/such/file' }];
    await t.throwsAsync(check({ context, secrets }, options), { code: 'OPTION_INVALID' });
  } finally {
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
  }
  t.deepEqual(readdirSync(folder), []);
});

test('a check makes no store, and notes a base that cannot be asked for', async (t) => {
  const { context, store, options } = world(t, {
    Dockerfile: 'FROM nowhere.invalid/x:1\nRUN echo $UNKNOWN\nWORKDIR /a\nENV A=$UNKNOWN\n',
  });
  const { notes, ...rest } = await check({ context }, options);
  t.deepEqual(rest, { findings: [], isError: false });
  t.is(notes.length, 1);
  t.regex(notes[0]!, /^not checked against a base image: nowhere\.invalid\/x:1: /);
  t.false(existsSync(store));
});

test('what fails for want of a variable of an unknown base is no error, all else is', async (t) => {
  const unknown = 'FROM nowhere.invalid/x:1 AS a\n';
  for (const text of [
    'ENV A="${FROM_BASE:?must be set}"',
    'EXPOSE $PORT/tcp',
    'VOLUME $DATA',
    'STOPSIGNAL $SIGNAL',
    'COPY --chmod=${MODE}x a /b',
    'RUN --mount=type=cache,target=/x,uid=$ID true',
    'ENV A="${FROM_BASE:?must be set}"\nEXPOSE $A',
    'FROM a\nSTOPSIGNAL $SIGNAL',
    'COPY <<EOF /b\n${FROM_BASE:?must be set}\nEOF',
  ])
    t.is(await failureOf(t, `${unknown}${text}\n`), undefined, text);
  for (const text of [
    'ENV A=1\nENV B=${A:+"}',
    'STOPSIGNAL NOPE',
    'ENV P=x\nEXPOSE $P',
    'FROM a\nCOPY --chmod=9 a /b',
    'COPY --from=later x /\nFROM scratch AS later',
  ])
    t.truthy(await failureOf(t, `${unknown}${text}\n`), text);
});

// BuildKit's --check has the same text for each, and exits with a failure.
const STOPPED: readonly (readonly [instruction: string, message: string])[] = [
  ['ADD --checksum=sha256:00 x /', 'checksum requires HTTP(S) or Git sources'],
  [`ADD --checksum=md4:00 http://localhost/x /`, 'unsupported digest algorithm'],
  ['ADD --checksum=00 http://localhost/x /', 'invalid checksum digest format'],
  ['ADD --checksum=sha256:00 http://localhost/x /', 'invalid checksum digest length'],
  ['ADD --checksum=sha256:00 http://localhost/x y /', "checksum can't be specified for multiple sources"],
  [
    'COPY --chmod=64a x /',
    "invalid chmod parameter: '64a'. it should be octal string and between 0 and 07777",
  ],
  [
    'ADD --chmod=10000 x /',
    "invalid chmod parameter: '10000'. it should be octal string and between 0 and 07777",
  ],
  ['COPY https://github.com/a/b.git /', "source can't be a git ref for COPY"],
  ['COPY git@github.com:a/b.git /', "source can't be a git ref for COPY"],
  ['COPY x http://example.com/x /', "source can't be a URL for COPY"],
  [
    'ADD --keep-git-dir=true https://github.com/a/b.git?keep-git-dir=false /',
    'inconsistent keep-git-dir configuration',
  ],
  ['ADD --checksum=aa https://github.com/a/b.git?checksum=bb /', 'checksum mismatch "aa" != "bb"'],
  ['EXPOSE 80/tcp/x', 'invalid port: "80/tcp/x": invalid proto: tcp/x'],
  ['EXPOSE http', 'invalid containerPort: http'],
  ['COPY --from=in+valid x /', 'failed to parse stage name "in+valid": invalid reference format'],
  [
    'RUN --mount=from=in+valid,target=/m ls',
    'failed to parse stage name "in+valid": invalid reference format',
  ],
  ['COPY --from=7 x /', 'invalid stage index 7'],
  [
    'COPY --from=later x /',
    'cannot copy from stage "later", it needs to be defined before current stage "first"',
  ],
  [
    'COPY --from=$X x /',
    'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
  ],
  [
    "COPY --from='later' x /",
    'cannot copy from stage "later", it needs to be defined before current stage "first"',
  ],
  ['RUN --mount=typ=cache,target=/x ls', "unexpected key 'typ' in 'typ=cache' (did you mean type?)"],
  ['RUN --mount=type=cash,target=/x ls', 'unsupported mount type "cash" (did you mean cache?)'],
  ['RUN --mount=type=cache,target=/ ls', 'invalid mount target "/"'],
  ['RUN --mount=type=tmpfs,target=. ls', 'invalid mount target "/"'],
  ['RUN --mount=type=bind,source=a ls', 'invalid mount target "/"'],
  ['RUN --mount=type=cache,target=/x,uid=$U ls', 'invalid value  for uid'],
  [
    'LABEL a="open',
    'failed to process "\\"open": unexpected end of statement while looking for matching double-quote',
  ],
  ['ENV A=${B:?must-be-given}', 'failed to process "${B:?must-be-given}": B: must-be-given'],
  ['STOPSIGNAL SIGNOPE', 'invalid signal: SIGNOPE'],
  ['VOLUME [""]', 'VOLUME specified can not be an empty string'],
  ['VOLUME $NOTHING', 'VOLUME specified can not be an empty string'],
];

for (const [instruction, message] of STOPPED) {
  test(`a check finds what stops a build: ${instruction}`, async (t) => {
    const found = await failureOf(t, `FROM scratch AS first\n${instruction}\nFROM scratch AS later\n`);
    t.is(found?.message.replace(/^dockerfile parse error on line 2: /, ''), message);
    t.is(found?.line, 2);
  });
}

test('a check finds what stops a build before its stages are planned', async (t) => {
  const epoch = { buildArgs: { SOURCE_DATE_EPOCH: 'soon' } };
  t.is((await failureOf(t, 'FROM scratch\n', epoch))?.message, 'invalid SOURCE_DATE_EPOCH: soon');
  t.like(await failureOf(t, 'FROM scratch\nARG\n'), { code: 'DOCKERFILE_SYNTAX', line: 2 });
  t.like(await failureOf(t, 'FROM --platform=$BULIDPLATFORM scratch\n'), {
    message: 'empty platform value from expression $BULIDPLATFORM (did you mean BUILDPLATFORM?)',
    line: 1,
  });
  t.is((await failureOf(t, 'FROM scratch\nRUN --network=host true\n'))?.message, undefined);
});

test('with an error there are the findings up to it', async (t) => {
  const Dockerfile = 'FROM scratch\nMAINTAINER a\nENV A $B\nEXPOSE http\nENV C $D\nMAINTAINER b\n';
  const { context, options } = world(t, { Dockerfile });
  const { findings, error } = await check({ context }, options);
  t.deepEqual(
    findings.map(({ rule, location }) => `${location?.startLine} ${rule}`),
    ['2 MaintainerDeprecated', '3 UndefinedVar', '3 LegacyKeyValueFormat', '6 MaintainerDeprecated'],
  );
  t.is(error?.message, 'invalid containerPort: http');
});

const STAGES =
  'FROM scratch AS one\nENV A $B\nFROM scratch AS two\nWORKDIR rel\nFROM scratch AS three\nWORKDIR rel\n';

test('without a target all stages are checked, with one those it needs', async (t) => {
  t.deepEqual(await rulesOf(t, { Dockerfile: STAGES }), [
    '2 UndefinedVar',
    '2 LegacyKeyValueFormat',
    '4 WorkdirRelativePath',
    '6 WorkdirRelativePath',
  ]);
  const dockerfile = 'FROM scratch AS one\nWORKDIR a\nFROM scratch AS two\nWORKDIR b\nFROM one\nENV A=$B\n';
  t.deepEqual(await rulesOf(t, { Dockerfile: dockerfile }, { target: 'two' }), ['4 WorkdirRelativePath']);
  t.deepEqual(await rulesOf(t, { Dockerfile: dockerfile }, { target: '2' }), [
    '2 WorkdirRelativePath',
    '6 UndefinedVar',
  ]);
});

test('the ignore file decides over CopyIgnoredFile, unless it has a ! pattern', async (t) => {
  const Dockerfile = 'FROM scratch\nCOPY node_modules/x a.txt /\nADD . /\n';
  t.deepEqual(await rulesOf(t, { Dockerfile, '.dockerignore': 'node_modules\n' }), ['2 CopyIgnoredFile']);
  t.deepEqual(await rulesOf(t, { Dockerfile, '.dockerignore': 'node_modules\n!x\n' }), []);
  t.deepEqual(await rulesOf(t, { Dockerfile, '.dockerignore': '**\n' }), [
    '2 CopyIgnoredFile',
    '2 CopyIgnoredFile',
    '3 CopyIgnoredFile',
  ]);
  t.deepEqual(
    await rulesOf(t, { Dockerfile, '.dockerignore': '**\n', 'Dockerfile.dockerignore': 'a.txt\n' }),
    ['2 CopyIgnoredFile'],
  );
});

test('skip, error and experimental, by directive and by build argument', async (t) => {
  const text = 'FROM scratch\nMAINTAINER a\nENV A $B\n';
  t.deepEqual(await rulesOf(t, { Dockerfile: `# check=skip=MaintainerDeprecated\n${text}` }), [
    '4 UndefinedVar',
    '4 LegacyKeyValueFormat',
  ]);
  t.deepEqual(
    await rulesOf(t, { Dockerfile: text }, { buildArgs: { BUILDKIT_DOCKERFILE_CHECK: 'skip=all' } }),
    [],
  );
  const described = '# other text\nFROM scratch AS base\n';
  t.deepEqual(await rulesOf(t, { Dockerfile: described }), []);
  t.deepEqual(
    await rulesOf(
      t,
      { Dockerfile: described },
      { buildArgs: { BUILDKIT_DOCKERFILE_CHECK: 'experimental=all' } },
    ),
    ['2 InvalidDefinitionDescription'],
  );
  const { context, options } = world(t, { Dockerfile: `# check=error=true\n${text}` });
  t.true((await check({ context }, options)).isError);
  t.is(
    (await check({ context }, options)).error?.message,
    'lint violation found for rules: LegacyKeyValueFormat, MaintainerDeprecated, UndefinedVar',
  );
  t.false(
    (await check({ context, buildArgs: { BUILDKIT_DOCKERFILE_CHECK: 'error=false' } }, options)).isError,
  );
  const bad = await check({ context, buildArgs: { BUILDKIT_DOCKERFILE_CHECK: 'bad' } }, options);
  t.is(bad.error?.code, 'DOCKERFILE_SYNTAX');
  t.regex(bad.error?.message ?? '', /invalid check option "bad"/);
});

test('arguments given to the build count', async (t) => {
  const Dockerfile = 'ARG P=linux/amd64\nARG BASE\nFROM --platform=$P ${BASE:-scratch}\nARG V\nENV A=$V\n';
  t.deepEqual(await rulesOf(t, { Dockerfile }), []);
  t.deepEqual(
    await rulesOf(t, { Dockerfile: 'FROM scratch\nARG V\nENV A=$W\n' }, { buildArgs: { W: '1' } }),
    ['3 UndefinedVar'],
  );
});

test('a file that no build could read is an error with its place', async (t) => {
  const refused = async (Dockerfile: string, expected: object, request: Partial<BuildRequest> = {}) => {
    const error = await failureOf(t, Dockerfile, request);
    t.like(error, expected);
    return error?.line;
  };
  t.is(await refused('FROM scratch\nRUNN x\n', { code: 'DOCKERFILE_UNKNOWN_INSTRUCTION' }), 2);
  t.is(
    await refused('FROM Upper AS unneeded\nFROM scratch\n', {
      message:
        'failed to parse stage name "Upper": invalid reference format: repository name (library/Upper) must be lowercase',
    }),
    1,
  );
  t.is(
    await refused('FROM scratch\nFROM --platform=$X scratch\n', {
      message: 'empty platform value from expression $X',
    }),
    2,
  );
  t.is(
    await refused('FROM a AS a\nFROM scratch\n', { code: 'STAGE_NOT_FOUND' }, { target: 'nope' }),
    undefined,
  );
});

test('an image of the store tells its variables, its shell and its platform', async (t) => {
  const { context, options } = world(t, {
    base: 'FROM scratch\nENV KNOWN=/abs\nSHELL ["/bin/x"]\nLABEL a=b\n',
    Dockerfile: 'FROM nowhere.invalid/base:1\nENV A=$KNOWN B=$UNKNOWN\nWORKDIR $KNOWN\nCMD shell form\n',
    other: 'FROM --platform=$TARGETPLATFORM nowhere.invalid/base:1\nCMD shell form\n',
  });
  const silent = await check({ context }, options);
  t.deepEqual(
    silent.findings.map(({ rule }) => rule),
    ['JSONArgsRecommended'],
  );
  await build({ context, dockerfile: join(context, 'base'), tags: ['nowhere.invalid/base:1'] }, options);
  const { findings } = await check({ context }, options);
  t.deepEqual(
    findings.map(({ message }) => message),
    ["Usage of undefined variable '$UNKNOWN' (did you mean $KNOWN?)"],
  );
  const platform = { os: 'linux', architecture: 's390x' };
  const foreign = await check({ context, dockerfile: join(context, 'other'), platform }, options);
  t.deepEqual(
    foreign.findings.map(({ rule }) => rule),
    ['RedundantTargetPlatform', 'JSONArgsRecommended'],
    'the image of the store is for another platform, and the registry is asked',
  );
});

test('a stage that a named context stands for is not checked', async (t) => {
  const Dockerfile = 'FROM scratch AS base\nWORKDIR rel\nFROM base\nENV A=$B\n';
  const { context, options } = world(t, { Dockerfile, 'ctx/f': 'x' });
  const request = { context, buildContexts: { base: join(context, 'ctx') } };
  t.deepEqual(
    (await check(request, options)).findings.map(({ rule, location }) => `${location?.startLine} ${rule}`),
    ['4 UndefinedVar'],
  );
  const warnings: string[] = [];
  const onEvent = (event: BuildEvent) => void (event.kind === 'warning' && warnings.push(event.rule ?? ''));
  t.is((await build(request, { ...options, onEvent })).warnings, 1);
  t.deepEqual(warnings, ['UndefinedVar']);
});

test('a build emits what the checks of its stages find, and error=true fails it before anything runs', async (t) => {
  const { context, options } = world(t, {
    Dockerfile: `${STAGES}COPY --from=one / /\nCOPY a.txt /\n`,
    'a.txt': 'a',
  });
  const events: BuildEvent[] = [];
  const onEvent = (event: BuildEvent) => void events.push(event);
  const result = await build({ context }, { ...options, onEvent });
  t.is(result.warnings, 3);
  const warnings = events.flatMap((event) => (event.kind === 'warning' ? [event] : []));
  t.deepEqual(
    warnings.map(({ rule, location }) => `${location?.startLine} ${rule}`),
    ['2 UndefinedVar', '2 LegacyKeyValueFormat', '6 WorkdirRelativePath'],
  );
  t.is(warnings[0]?.url, 'https://docs.docker.com/go/dockerfile/rule/undefined-var/');
  events.length = 0;
  const failing = build(
    { context, noCache: true, buildArgs: { BUILDKIT_DOCKERFILE_CHECK: 'error=true' } },
    { ...options, onEvent },
  );
  await t.throwsAsync(failing, {
    code: 'DOCKERFILE_LINT',
    message: 'lint violation found for rules: LegacyKeyValueFormat, UndefinedVar, WorkdirRelativePath',
  });
  t.deepEqual(
    events.flatMap((event) => (event.kind === 'step-start' ? [event.step.id] : [])),
    ['definition'],
  );
});

test('a build refuses the name of an image that no stage needs', async (t) => {
  const { context, options } = world(t, { Dockerfile: 'FROM UPPER\nFROM scratch\nLABEL a=b\n' });
  await t.throwsAsync(build({ context }, options), {
    message: /^failed to parse stage name "UPPER": invalid reference format/,
  });
});
