import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import test from 'ava';
import { TsbuildError } from '../../../src/core/errors.js';
import type { BuildEvent } from '../../../src/core/events.js';
import type { BuildRequest, CheckFinding, Diagnosis } from '../../../src/index.js';
import { createManifest, inspectAttestations, inspectManifest } from '../../../src/api/doors.js';
import { parsePlatform, platformOfNode } from '../../../src/oci/platform.js';
import type { Api, CliHost } from '../../../src/cli/host.js';
import { run } from '../../../src/cli/run.js';

const WORKING: Diagnosis = {
  version: 1,
  host: { platform: 'linux', arch: 'x64', node: 'v20', uid: 7, user: 'me', store: '/store' },
  isolation: 'userns',
  rungs: [{ name: 'userns', description: 'all namespaces', works: true, fixes: [] }],
  filesystems: [
    { name: 'overlay', works: false, reason: 'too old' },
    { name: 'copy', works: true },
  ],
  network: { name: 'host', reason: 'no pasta' },
  platforms: [
    { name: 'linux/arm64', by: 'own-emulator', emulator: '/usr/bin/qemu' },
    { name: 'linux/386', by: 'processor' },
    { name: 'linux/arm', by: 'nothing', reason: 'no arm', fix: 'install arm' },
    { name: 'linux/s390x', by: 'nothing', reason: 'no s390x' },
  ],
  tools: [{ name: 'git', purpose: 'contexts from git', isAvailable: true, path: '/usr/bin/git' }],
};

interface Setting {
  readonly events?: readonly BuildEvent[];
  readonly failure?: Error;
  readonly findings?: readonly CheckFinding[];
  readonly diagnosis?: Diagnosis;
  readonly host?: Partial<CliHost>;
}

function collect() {
  let text = '';
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, callback) => {
      text += chunk.toString();
      callback();
    },
  });
  return { stream, text: () => text };
}

/** Runs the command line with a builder that plays `events` and ends as told. */
async function runWith(
  argv: string[],
  { events = [], failure, findings = [], diagnosis = WORKING, host = {} }: Setting = {},
) {
  const [stdout, stderr] = [collect(), collect()];
  const requests: BuildRequest[] = [];
  const api = {
    build: (request, options) => {
      requests.push(request);
      events.forEach((event) => options?.onEvent?.(event));
      const result = {
        digest: 'sha256:d',
        configDigest: 'sha256:c',
        names: ['a:1'],
        executed: 1,
        cached: 2,
        warnings: 0,
      };
      return failure ? Promise.reject(failure) : Promise.resolve(result);
    },
    check: (request) => {
      requests.push(request);
      return failure ? Promise.reject(failure) : Promise.resolve({ findings, isError: false, notes: [] });
    },
    doctor: () => Promise.resolve(diagnosis),
    createManifest,
    inspectManifest,
    inspectAttestations,
    login: () => Promise.reject(new Error('login is tested elsewhere')),
    logout: () => Promise.reject(new Error('logout is tested elsewhere')),
    parsePlatform,
    platformOfNode,
  } satisfies Partial<Api> as unknown as Api;
  const status = await run(argv, {
    stdin: process.stdin,
    stdout: stdout.stream,
    stderr: stderr.stream,
    print: (text) => void stdout.stream.write(text),
    env: {},
    cwd: process.cwd(),
    arch: 'x64',
    now: () => 1,
    every: () => () => undefined,
    signal: new AbortController().signal,
    letSignalsGo: () => undefined,
    isStdoutGone: () => false,
    loadApi: () => Promise.resolve(api),
    ...host,
  });
  return { status, requests, stdout: stdout.text(), stderr: stderr.text() };
}

const STEP: BuildEvent[] = [
  { kind: 'step-start', step: { id: 'a', name: '[2/2] RUN x' }, time: 1 },
  { kind: 'step-log', id: 'a', stream: 1, data: Buffer.from('some output\n'), time: 1.2 },
];
const terminal = () => Object.assign(collect().stream, { isTTY: true });

test('a build prints its progress, warnings and result on standard error', async (t) => {
  const events: BuildEvent[] = [
    ...STEP,
    { kind: 'step-end', id: 'a', status: 'done', time: 2 },
    { kind: 'warning', rule: 'R', message: 'm' },
  ];
  const { status, requests, stdout, stderr } = await runWith(['-t', 'a:1', '.'], { events });
  t.is(status, 0);
  t.deepEqual(requests, [{ context: '.', tags: ['a:1'] }]);
  t.is(stdout, '');
  t.is(
    stderr,
    `#1 [2/2] RUN x
#1 0.200 some output
#1 DONE 1.0s

 1 warning found (use --debug to expand):
 - R: m
image sha256:d
named a:1
1 step executed, 2 cached
`,
  );
});

test('the word build may be left out', async (t) => {
  t.deepEqual((await runWith(['build', '--pull', '.'])).requests, [{ context: '.', pull: true }]);
});

test('quiet: only the image id, on standard output', async (t) => {
  for (const argv of [
    ['-q', '.'],
    ['--progress', 'quiet', '.'],
    ['-q', '--progress=plain', '.'],
  ]) {
    const { stdout, stderr } = await runWith(argv, { events: STEP });
    t.is(stdout, 'sha256:c\n');
    t.is(stderr, '');
  }
  t.is((await runWith(['-q', '-o', '-', '.'])).stdout, '');
  t.is((await runWith(['--progress', 'none', '.'])).stdout, '');
});

test('rawjson: nothing but JSON on standard error', async (t) => {
  const { stderr, stdout } = await runWith(['--progress', 'rawjson', '.'], { events: STEP });
  t.is(stdout, '');
  t.deepEqual(
    stderr
      .trimEnd()
      .split('\n')
      .map((line) => Object.keys(JSON.parse(line) as object).join()),
    ['tsbuild', 'vertexes', 'logs', 'result'],
  );
});

test('a failed step: its output, its place, what failed, how to fix it, and the status of the code', async (t) => {
  const message = 'process "/bin/sh -c x" did not complete successfully: exit code: 3';
  const location = { file: 'Dockerfile', startLine: 1, endLine: 1, text: 'RUN x' };
  const failure = new TsbuildError('STEP_EXIT_NONZERO', message, { location, hint: 'fix x' });
  const end: BuildEvent = {
    kind: 'step-end',
    id: 'a',
    status: 'error',
    error: { code: failure.code, message },
    time: 2,
  };
  const { status, stderr } = await runWith(['.'], { events: [...STEP, end], failure });
  t.is(status, 1);
  t.is(
    stderr,
    `#1 [2/2] RUN x
#1 0.200 some output
#1 ERROR: ${message}
------
 > [2/2] RUN x:
0.200 some output
------
Dockerfile:1
--------------------
   1 | >>> RUN x
--------------------
ERROR: failed to build: failed to solve: ${message}
hint: fix x
`,
  );
});

test('a plain error is a bug: 70', async (t) => {
  const { status, stderr } = await runWith(['.'], { failure: new RangeError('oops') });
  t.is(status, 70);
  t.regex(stderr, /internal error: RangeError: oops\nhint: .*report/);
  t.false(stderr.includes('    at '));
  t.true((await runWith(['--debug', '.'], { failure: new RangeError('oops') })).stderr.includes('    at '));
});

test('usage errors do not build: 2', async (t) => {
  for (const argv of [
    ['--nope', '.'],
    [],
    ['.', '.'],
    ['--load=rkt', '.'],
    ['load', 'image.tar'],
    ['save'],
    ['save', 'a:1', '--format=zip'],
    ['--cache-from', 'type=rsync,ref=x', '.'],
    ['--provenance=all', '.'],
    ['--attest=type=vex', '.'],
  ]) {
    const { status, requests } = await runWith(argv);
    t.is(status, 2, argv.join(' '));
    t.deepEqual(requests, []);
  }
});

test('what buildx has and tsbuild has not is accepted when it is off', async (t) => {
  const argv = [
    '--provenance=false',
    '--sbom=false',
    '--load=false',
    '--push=false',
    '--attest',
    'type=provenance,disabled=true',
    '.',
  ];
  const { status, requests } = await runWith(argv);
  t.is(status, 0);
  t.deepEqual(requests, [{ context: '.' }]);
});

test('options without effect warn', async (t) => {
  const { status, stderr } = await runWith(['--rm', '--compress', '.']);
  t.is(status, 0);
  t.true(
    stderr.startsWith('WARNING: --compress does nothing here and is ignored\nWARNING: --rm does nothing'),
  );
});

test('an interrupted build says so, and shows no failed steps', async (t) => {
  const controller = new AbortController();
  controller.abort(new TsbuildError('ABORTED', 'interrupted by SIGINT'));
  const events: BuildEvent[] = [...STEP, { kind: 'step-end', id: 'a', status: 'error', time: 2 }];
  const failure = new TsbuildError('STEP_KILLED', 'killed');
  const { stderr } = await runWith(['.'], { events, failure, host: { signal: controller.signal } });
  t.true(stderr.endsWith('ERROR: interrupted by SIGINT\n'));
  t.false(stderr.includes('------'));
});

test('a reader that went away is not reported', async (t) => {
  const { status, stderr } = await runWith(['-q', '.'], {
    failure: new Error('EPIPE'),
    host: { isStdoutGone: () => true },
  });
  t.is(status, 141);
  t.is(stderr, '');
});

test('an archive is not written to a terminal', async (t) => {
  const { status, stderr } = await runWith(['-o', '-', '.'], { host: { stdout: terminal() } });
  t.is(status, 2);
  t.true(stderr.startsWith('ERROR: dest file is required for tar exporter. refusing to write to console\n'));
});

test('tty needs a terminal', async (t) => {
  const { status, stderr } = await runWith(['--progress', 'tty', '.']);
  t.is(status, 2);
  t.regex(stderr, /failed to get console/);
});

test('auto is tty on a terminal and plain on a dumb one', async (t) => {
  const stderr = Object.assign(collect(), {});
  const host = { stderr: Object.assign(stderr.stream, { isTTY: true, columns: 80, rows: 24 }) };
  await runWith(['.'], { events: STEP, host });
  t.true(stderr.text().includes('[+] Building'));
  const dumb = collect();
  await runWith(['.'], {
    events: STEP,
    host: { stderr: Object.assign(dumb.stream, { isTTY: true }), env: { TERM: 'dumb' } },
  });
  t.true(dumb.text().startsWith('#1 [2/2] RUN x\n'));
});

test('version and help', async (t) => {
  t.regex((await runWith(['--version'])).stdout, /^tsbuild \S+\n$/);
  t.is((await runWith(['version'])).stdout, (await runWith(['-v'])).stdout);
  const help = (await runWith(['--help'])).stdout;
  t.regex(help, /^ {2}-t, --tag NAME\[:TAG\] +Name of the image \(repeatable\)$/m);
  t.false(help.includes('--squash'));
  t.is((await runWith(['build', '--help'])).stdout, help);
  t.regex((await runWith(['help', 'check'])).stdout, /^ +--format text\|json/m);
  t.true(help.split('\n').every((line) => line.length <= 100));
});

const FINDING: CheckFinding = { rule: 'R', message: 'm' };

test('check prints on standard output and exits with 1 on findings', async (t) => {
  for (const argv of [['check'], ['--check', '.'], ['--call=check', '.']]) {
    const clean = await runWith(argv);
    t.is(clean.status, 0);
    t.is(clean.stdout, 'Check complete, no warnings found.\n');
    t.is((await runWith(argv, { findings: [FINDING] })).status, 1);
  }
  const { stdout } = await runWith(['--call', 'check,format=json', '.'], { findings: [FINDING] });
  t.deepEqual(JSON.parse(stdout), { files: [{ file: '.', isError: false, findings: [FINDING] }] });
});

test('check takes directories, files and patterns', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'tsbuild-check-'));
  t.teardown(() => rm(root, { recursive: true }));
  await mkdir(join(root, 'a/node_modules'), { recursive: true });
  for (const file of [
    'Dockerfile',
    'a/Dockerfile.dev',
    'a/Dockerfile.dockerignore',
    'a/node_modules/Dockerfile',
  ]) {
    await writeFile(join(root, file), 'FROM scratch\n');
  }
  const host = { cwd: root };
  t.deepEqual((await runWith(['check', '**/Dockerfile*'], { host })).requests, [
    { context: '.', dockerfile: 'Dockerfile' },
    { context: 'a', dockerfile: 'a/Dockerfile.dev' },
  ]);
  t.deepEqual((await runWith(['check', 'a', '-f', 'x'], { host })).requests, [
    { context: 'a', dockerfile: 'x' },
  ]);
  t.deepEqual((await runWith(['check', 'a/Dockerfile.dev'], { host })).requests, [
    { context: 'a', dockerfile: 'a/Dockerfile.dev' },
  ]);
  const url = 'https://user:hunter2@host.example/Dockerfile';
  for (const argv of [
    ['check', '--format=json', url],
    ['--call=check,format=json', url],
    ['--call=check,format=json', '-f', url, '.'],
  ])
    t.like(JSON.parse((await runWith(argv, { host })).stdout), {
      files: [{ file: 'https://host.example/Dockerfile' }],
    });
  const missing = await runWith(['check', 'nothing*'], { host });
  t.is(missing.status, 3);
});

test('a file that cannot be checked fails the whole with its status', async (t) => {
  const { status, stderr, stdout } = await runWith(['check', '.'], {
    failure: new TsbuildError('DOCKERFILE_SYNTAX', 'bad'),
  });
  t.is(status, 3);
  t.is(stderr, 'ERROR: bad\n');
  t.is(stdout, '');
});

test('doctor prints what works, or JSON, and fails like a build when nothing does', async (t) => {
  const works = await runWith(['doctor']);
  t.is(works.status, 0);
  t.regex(works.stdout, /uses isolation userns.*\n\n {2}userns +works: all namespaces\n {2}none +works/);
  t.regex(works.stdout, /overlay +does not work: too old\n {2}copy +works.*\n {2}network +host: no pasta\n/);
  t.regex(works.stdout, /git +\/usr\/bin\/git/);
  t.regex(
    works.stdout,
    /arm64 +works, emulated: \/usr\/bin\/qemu\n.*386 +works: this.*\n {2}not +linux\/arm, linux\/s390x\n +no arm\n +fix: install arm\n/,
  );
  const diagnosis: Diagnosis = {
    ...WORKING,
    isolation: 'none',
    filesystems: [],
    rungs: [
      {
        name: 'userns',
        description: 'all namespaces',
        works: false,
        code: 'SANDBOX_NO_SUBUID',
        reason: 'no ids\nat \x1b[31mall',
        fixes: ['one command', 'several\ncommands'],
      },
    ],
    tools: [{ name: 'git', purpose: 'contexts from git', isAvailable: false, fix: 'install it' }],
  };
  const refused = await runWith(['doctor'], { diagnosis });
  t.is(refused.status, 5);
  t.regex(
    refused.stdout,
    /are refused.*\n\n {2}userns +does not work: no ids\n +at \\x1b\[31mall\n +fix: one command\n +or: several\n +commands\n/,
  );
  t.regex(refused.stdout, /git +for contexts from git\n +fix: install it\n/);
  const json = await runWith(['doctor', '--json'], { diagnosis });
  t.is(json.status, 5);
  t.deepEqual(JSON.parse(json.stdout), diagnosis);
  t.regex((await runWith(['help', 'doctor'])).stdout, /tsbuild doctor \[--json\]/);
});

test('the version is printed for its word alone: with anything else a build was meant', async (t) => {
  for (const argv of [
    ['-v', '/a:/b', '-t', 'app:9', '.'],
    ['--version', '.'],
    ['-v', '.'],
  ]) {
    const { status, stdout, stderr, requests } = await runWith(argv);
    t.is(status, 2, argv.join(' '));
    t.is(stdout, '');
    t.deepEqual(requests, []);
    t.regex(stderr, /unknown option: (-v|--version)/);
    t.regex(stderr, /hint: tsbuild --version stands alone/);
  }
});

test('a first word that is no path is an unknown command, with what is near', async (t) => {
  for (const [argv, message] of [
    [
      ['doctr'],
      /^ERROR: unknown command: doctr \(did you mean doctor\?\)\nhint: tsbuild --help lists the commands; there is no directory doctr to build\n/,
    ],
    [['container', 'list-all'], /^ERROR: unknown command: container\n/],
    [['buld', 'ctx'], /^ERROR: unknown command: buld \(did you mean build\?\)\n/],
  ] as const) {
    const { status, stderr, requests } = await runWith([...argv]);
    t.is(status, 2);
    t.regex(stderr, message);
    t.deepEqual(requests, []);
  }
  // A directory of that name is a context, and so is what looks like a path or a URL.
  t.deepEqual((await runWith(['src'])).requests, [{ context: 'src' }]);
  t.deepEqual((await runWith(['./push'])).requests, [{ context: './push' }]);
  t.deepEqual((await runWith(['https://a/b.git'])).requests, [{ context: 'https://a/b.git' }]);
  t.deepEqual((await runWith(['build', 'push'])).requests, [{ context: 'push' }]);
  t.is((await runWith(['help', 'nope'])).status, 2);
});

test('a variable with a wrong value is named', async (t) => {
  const { status, stderr } = await runWith(['.'], { host: { env: { BUILDKIT_PROGRESS: 'bogus' } } });
  t.is(status, 2);
  t.regex(stderr, /invalid argument "bogus" for the variable BUILDKIT_PROGRESS/);
});
