import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import test from 'ava';
import { TsbuildError } from '../../../src/core/errors.js';
import type { Api, CliHost } from '../../../src/cli/host.js';
import { run } from '../../../src/cli/run.js';
import type { ListedContainer } from '../../../src/index.js';
import { parsePlatform, platformOfNode } from '../../../src/oci/platform.js';

interface Call {
  readonly name: string;
  readonly request: unknown;
}

/** Runs a command line with functions that answer as told and write down what they were asked. */
async function runWith(argv: readonly string[], answers: object = {}, setting: Partial<CliHost> = {}) {
  const calls: Call[] = [];
  let [stdout, stderr] = ['', ''];
  const sink = (take: (text: string) => void) =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        take(chunk.toString());
        done();
      },
    });
  const out = sink((text) => (stdout += text));
  const known = Object.entries({ parsePlatform, platformOfNode });
  const api = new Proxy(Object.fromEntries(known) as object, {
    get: (target, name: string) =>
      // It is awaited, and is no promise.
      name === 'then'
        ? undefined
        : (Reflect.get(target, name) ??
          (async (request: unknown, options: unknown) => {
            calls.push({ name, request });
            const answer = (answers as Record<string, unknown>)[name];
            if (answer instanceof Error) throw answer;
            return typeof answer === 'function'
              ? (answer as (...args: unknown[]) => unknown)(request, options)
              : answer;
          })),
  });
  const host: CliHost = {
    stdin: new PassThrough(),
    stdout: out,
    stderr: sink((text) => (stderr += text)),
    print: (text) => (stdout += text),
    env: { TOKEN: 'secret' },
    cwd: '/home/me',
    arch: 'x64',
    now: () => 1_700_000_000,
    every: () => () => undefined,
    signal: new AbortController().signal,
    letSignalsGo: () => undefined,
    isStdoutGone: () => false,
    loadApi: async () => api as Api,
    ...setting,
  };
  const status = await run(argv, host);
  return { status, stdout, stderr, calls };
}

const RAN = { id: 'a'.repeat(64), name: 'web', exitCode: 0 };

test('run: options stand before the image; what follows is the command, whatever it looks like', async (t) => {
  const { calls } = await runWith(
    ['run', '--rm', '-e', 'A=1', 'app:1', 'ls', '-l', '--rm=false', '--', '-x'],
    { run: RAN },
  );
  const [{ name, request }] = calls as [Call];
  t.is(name, 'run');
  t.like(request, {
    image: 'app:1',
    command: ['ls', '-l', '--rm=false', '--', '-x'],
    isRemovedAtEnd: true,
    env: ['A=1'],
    isDetached: false,
  });
});

test('run: every family of options', async (t) => {
  const argv =
    'run -d -h web --name w -v ./src:/app -p 8080:80 -w /app -u 5 --read-only --cap-add NET_ADMIN --memory 64m --cpus 1.5';
  const more =
    '--restart always --health-cmd true --health-interval 5s --network back --network-alias db -e TOKEN -l a=b --init';
  const { calls, stdout } = await runWith([...`${argv} ${more}`.split(' '), 'app'], { run: RAN });
  t.is(stdout, `${RAN.id}\n`);
  t.like(calls[0]?.request, {
    image: 'app',
    isDetached: true,
    hostname: 'web',
    name: 'w',
    mounts: [{ type: 'bind', source: '/home/me/src', target: '/app', isReadonly: false, isSourceMade: true }],
    ports: [{ hostIp: '', hostPort: 8080, containerPort: 80, protocol: 'tcp' }],
    workingDir: '/app',
    user: '5',
    isReadonlyRootfs: true,
    capAdd: ['NET_ADMIN'],
    memory: 64 << 20,
    nanoCpus: 1.5e9,
    restart: { name: 'always', maximumRetries: 0 },
    healthcheck: { test: ['CMD-SHELL', 'true'], interval: 5e9 },
    networks: [{ name: 'back', aliases: ['db'] }],
    env: ['TOKEN=secret'],
    labels: { a: 'b' },
    init: true,
  });
});

test('run: what is not asked is not said', async (t) => {
  const { calls } = await runWith(['run', 'app'], { run: RAN });
  t.deepEqual(calls[0]?.request, {
    image: 'app',
    pull: 'missing',
    networks: [{ name: 'bridge' }],
    restart: { name: 'no', maximumRetries: 0 },
    isDetached: false,
    isSignalProxied: true,
  });
});

test('run: the exit status is that of the container', async (t) => {
  t.is((await runWith(['run', 'app'], { run: { ...RAN, exitCode: 42 } })).status, 42);
  const { exitCode: _, ...detached } = RAN;
  t.is((await runWith(['run', 'app'], { run: detached })).status, 0);
});

test('run: its own failures end with 125, 126 or 127', async (t) => {
  const failed = (exitCode?: number) =>
    new TsbuildError('CONTAINER_NOT_STARTED', 'executable file not found in $PATH', { exitCode });
  t.is((await runWith(['run', 'app'], { run: failed() })).status, 125);
  t.is((await runWith(['run', 'app'], { run: failed(127) })).status, 127);
  t.is((await runWith(['run', '--what', 'app'])).status, 125);
  t.is((await runWith(['run'])).status, 125);
});

for (const [argv, message] of [
  [['run', '-d', '-a', 'stdout', 'app'], 'conflicting options: cannot specify both --attach and --detach'],
  [['run', '--rm', '--restart=always', 'app'], 'conflicting options: cannot specify both --restart and --rm'],
  [['run', '-it', 'app'], 'cannot attach stdin to a TTY-enabled container because stdin is not a terminal'],
  [['run', '--memory', '1m', 'app'], 'Minimum memory limit allowed is 6MB'],
  [
    ['run', '--memory-swap', '1g', 'app'],
    'You should always set the Memory limit when using Memoryswap limit',
  ],
  [['run', '--link', 'a', 'app'], '--link is not supported'],
  [['run', '--env-file', 'no.env', 'app'], 'open no.env: no such file or directory'],
  [['run', '-e', '=x', 'app'], 'invalid environment variable: =x'],
  [['run', '--stop-timeout', 'x', 'app'], 'invalid argument "x" for "--stop-timeout"'],
] as const)
  test(`refused: ${argv.join(' ')}`, async (t) => {
    const { status, stderr, calls } = await runWith(argv);
    t.is(status, 125);
    t.true(stderr.startsWith(`ERROR: ${message}\n`), stderr);
    t.deepEqual(calls, []);
  });

test('run: the id file is written when the container is there, and must not exist', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-cid-'));
  const answer = (_request: unknown, { onCreated }: { readonly onCreated: (id: string) => void }) => {
    onCreated(RAN.id);
    return RAN;
  };
  const argv = ['run', '--cidfile', 'c.id', 'app'];
  t.is((await runWith(argv, { run: answer }, { cwd: folder })).status, 0);
  t.is(readFileSync(join(folder, 'c.id'), 'utf8'), RAN.id);
  const second = await runWith(argv, { run: answer }, { cwd: folder });
  t.is(second.status, 125);
  t.regex(second.stderr, /container ID file found/);
  rmSync(folder, { recursive: true });
});

test('run: files of variables come first, those of the command line after', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-env-'));
  writeFileSync(join(folder, 'a.env'), 'A=1\nTOKEN\nNONE\n');
  const argv = ['run', '-e', 'A=2', '-e', 'GONE', '--env-file', 'a.env', 'app'];
  const { calls } = await runWith(argv, { run: RAN }, { cwd: folder });
  t.like(calls[0]?.request, { env: ['A=1', 'TOKEN=secret', 'A=2', 'GONE'] });
  rmSync(folder, { recursive: true });
});

test('exec, start, create: 125 for wrong words, 1 for what fails, as docker has it', async (t) => {
  const missing = new TsbuildError('CONTAINER_NOT_FOUND', 'No such container: a');
  t.is((await runWith(['exec', 'a', 'ls'], { execInContainer: missing })).status, 1);
  t.is((await runWith(['start', 'a'], { startContainer: missing })).status, 1);
  t.is((await runWith(['create', 'a'], { createContainer: missing })).status, 1);
  t.is((await runWith(['exec', '--what', 'a', 'ls'])).status, 125);
  const unstarted = new TsbuildError('CONTAINER_NOT_STARTED', 'permission denied', { exitCode: 126 });
  t.is((await runWith(['exec', 'a', '/etc/passwd'], { execInContainer: unstarted })).status, 126);
});

test('volume inspect, network inspect: JSON, or a template over the details', async (t) => {
  const volume = [{ Name: 'v', Driver: 'local', Labels: { team: 'web' } }];
  const named = await runWith(['volume', 'inspect', '--format', '{{.Name}} {{.Labels.team}}', 'v'], {
    inspectVolumes: volume,
  });
  t.is(named.stdout, 'v web\n');
  const whole = await runWith(['network', 'inspect', 'n'], { inspectNetworks: [{ Name: 'n' }] });
  t.deepEqual(JSON.parse(whole.stdout), [{ Name: 'n' }]);
  const wrong = await runWith(['volume', 'inspect', '-f', '{{.What}}', 'v'], { inspectVolumes: volume });
  t.not(wrong.status, 0);
});

test('create prints the id', async (t) => {
  const { stdout, calls } = await runWith(['create', '--name', 'w', 'app', 'sh'], { createContainer: RAN });
  t.is(stdout, `${RAN.id}\n`);
  t.like(calls[0]?.request, { image: 'app', command: ['sh'], name: 'w' });
});

test('exec: options before the container, its exit status', async (t) => {
  const { status, calls } = await runWith(['exec', '-u', '5', '-e', 'A=1', 'web', 'ls', '-l'], {
    execInContainer: { exitCode: 3 },
  });
  t.is(status, 3);
  t.like(calls[0]?.request, { container: 'web', command: ['ls', '-l'], user: '5', env: ['A=1'] });
});

test('stop, restart, kill, rm: each name is printed when it is done; others go on', async (t) => {
  const missing = new TsbuildError('CONTAINER_NOT_FOUND', 'No such container: b');
  const answer = ({ container }: { readonly container: string }) => {
    if (container === 'b') throw missing;
  };
  const stopped = await runWith(['stop', '-t', '3', '-s', 'HUP', 'a', 'b', 'c'], { stopContainer: answer });
  t.is(stopped.stdout, 'a\nc\n');
  t.regex(stopped.stderr, /^ERROR: No such container: b\n/);
  t.is(stopped.status, 1);
  t.deepEqual(stopped.calls[0]?.request, { container: 'a', timeout: 3, signal: 'HUP' });
  t.is((await runWith(['rm', 'b'], { removeContainer: answer })).status, 1);
  const forced = await runWith(['rm', '-fv', 'b'], { removeContainer: answer });
  t.is(forced.status, 0);
  t.deepEqual(forced.calls[0]?.request, { container: 'b', isForced: true, areVolumesRemoved: true });
  t.deepEqual((await runWith(['kill', '-s', '9', 'a'])).calls[0], {
    name: 'killContainer',
    request: { container: 'a', signal: '9' },
  });
});

test('start: several, or one that is followed', async (t) => {
  t.is((await runWith(['start', 'a', 'b'])).stdout, 'a\nb\n');
  const followed = await runWith(['start', '-a', 'a'], { startContainer: { ...RAN, exitCode: 5 } });
  t.is(followed.status, 5);
  t.like(followed.calls[0]?.request, { container: 'a', isAttached: true });
  t.is((await runWith(['start', '-a', 'a', 'b'])).status, 125);
});

test('wait prints exit statuses', async (t) => {
  t.is((await runWith(['wait', 'a', 'b'], { waitForContainer: { exitCode: 7 } })).stdout, '7\n7\n');
});

const LISTED: ListedContainer = {
  id: 'abcdef0123456789'.padEnd(64, '0'),
  name: 'web',
  image: 'app:1',
  imageId: 'sha256:1',
  argv: ['node', 'server.js', '--verbose'],
  createdAt: (1_700_000_000 - 120) * 1000,
  status: 'running',
  ports: [],
  labels: { a: 'b' },
  mounts: [{ type: 'volume', name: 'data', destination: '/data' }],
  networks: ['bridge'],
  statusText: 'Up 2 minutes',
  portsText: '0.0.0.0:80->80/tcp',
};

test('ps: docker’s table, ids, JSON, a template', async (t) => {
  const answers = { containers: [LISTED] };
  t.deepEqual(
    (await runWith(['ps'], answers)).stdout.split('\n').map((line) => line.split(/ {2,}/)),
    [
      ['CONTAINER ID', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'PORTS', 'NAMES'],
      [
        'abcdef012345',
        'app:1',
        '"node server.js --ve…"',
        '2 minutes ago',
        'Up 2 minutes',
        '0.0.0.0:80->80/tcp',
        'web',
      ],
      [''],
    ],
  );
  t.is((await runWith(['ps', '-q'], answers)).stdout, 'abcdef012345\n');
  t.is((await runWith(['ps', '-q', '--no-trunc'], answers)).stdout, `${LISTED.id}\n`);
  t.is((await runWith(['ps', '--format', '{{.Names}} {{.Labels}}'], answers)).stdout, 'web a=b\n');
  const json = JSON.parse((await runWith(['ps', '--format', 'json'], answers)).stdout) as object;
  t.like(json, {
    ID: 'abcdef012345',
    State: 'running',
    LocalVolumes: '1',
    Mounts: 'data',
    Networks: 'bridge',
  });
});

test('ps: what is asked for', async (t) => {
  const requestOf = async (argv: readonly string[]) =>
    (await runWith(argv, { containers: [] })).calls[0]?.request;
  t.deepEqual(await requestOf(['ps']), { isAll: false });
  t.deepEqual(await requestOf(['container', 'ls', '-a', '-f', 'status=exited']), {
    isAll: true,
    statuses: ['exited'],
  });
  t.deepEqual(await requestOf(['ps', '-l']), { isAll: false, last: 1 });
  t.deepEqual(await requestOf(['ps', '-n', '3']), { isAll: false, last: 3 });
});

test('logs: each output to its own', async (t) => {
  async function* chunks() {
    yield { stream: 'stdout', data: Buffer.from('out\n') };
    yield { stream: 'stderr', data: Buffer.from('err\n') };
  }
  const argv = ['logs', '-f', '-t', '--tail', '5', '--since', '10m', 'web'];
  const { stdout, stderr, calls, status } = await runWith(argv, { containerLogs: chunks });
  t.deepEqual([status, stdout, stderr], [0, 'out\n', 'err\n']);
  t.deepEqual(calls[0]?.request, {
    container: 'web',
    isFollowing: true,
    hasTimestamps: true,
    tail: 5,
    since: 1_699_999_400_000_000_000n,
  });
  t.is((await runWith(['logs', '--tail', 'x', 'web'])).status, 2);
});

test('port: all, or one', async (t) => {
  const containerPorts = [
    { containerPort: 80, protocol: 'tcp', hostIp: '0.0.0.0', hostPort: 8080 },
    { containerPort: 80, protocol: 'tcp', hostIp: '::', hostPort: 8080 },
  ];
  const answers = { containerPorts };
  t.is((await runWith(['port', 'web'], answers)).stdout, '80/tcp -> 0.0.0.0:8080\n80/tcp -> [::]:8080\n');
  t.is((await runWith(['port', 'web', '80'], answers)).stdout, '0.0.0.0:8080\n[::]:8080\n');
  t.regex(
    (await runWith(['port', 'web', '81'], answers)).stderr,
    /no public port '81\/tcp' published for web/,
  );
});

test('inspect: a container before an image of that name', async (t) => {
  const missing = new TsbuildError('CONTAINER_NOT_FOUND', 'No such container: web');
  const container = { inspectContainers: [{ Id: 'c' }], inspect: [{ Id: 'i' }] };
  t.deepEqual(JSON.parse((await runWith(['inspect', 'web'], container)).stdout), [{ Id: 'c' }]);
  t.deepEqual(JSON.parse((await runWith(['image', 'inspect', 'web'], container)).stdout), [{ Id: 'i' }]);
  const image = { ...container, inspectContainers: missing };
  t.deepEqual(JSON.parse((await runWith(['inspect', 'web'], image)).stdout), [{ Id: 'i' }]);
  t.regex((await runWith(['container', 'inspect', 'web'], image)).stderr, /No such container: web/);
  const format = ['inspect', '-f', '{{.State.Status}}', 'web'];
  t.is(
    (await runWith(format, { inspectContainers: [{ State: { Status: 'running' } }] })).stdout,
    'running\n',
  );
});

test('events: docker’s line', async (t) => {
  async function* events() {
    yield {
      Type: 'container',
      Action: 'die',
      Actor: { ID: 'c', Attributes: { name: 'web', exitCode: '1' } },
      scope: 'local',
      time: 1_700_000_000,
      timeNano: 1_700_000_000_500_000_000,
    };
  }
  const { stdout } = await runWith(['events', '--until', '0s'], { containerEvents: events });
  t.is(stdout, '2023-11-14T22:13:20.500000000Z container die c (exitCode=1, name=web)\n');
});

test('cp, diff, commit, export: what is asked for, what is printed', async (t) => {
  const requestOf = async (argv: readonly string[]) =>
    (await runWith(argv, { commitContainer: RAN })).calls[0]?.request;
  t.deepEqual(await requestOf(['cp', '-aL', 'web:/etc/hosts', '-']), {
    source: 'web:/etc/hosts',
    target: '-',
    areOwnersKept: true,
    isLinkFollowed: true,
  });
  t.deepEqual(await requestOf(['export', '-o', 'a.tar', 'web']), { container: 'web', output: 'a.tar' });
  t.deepEqual(await requestOf(['commit', '-m', 'setup', '-c', 'CMD ["sh"]', 'web', 'app:2']), {
    container: 'web',
    name: 'app:2',
    message: 'setup',
    changes: ['CMD ["sh"]'],
  });
  const diffContainer = [
    { kind: 'changed', path: '/etc' },
    { kind: 'added', path: '/etc/a' },
    { kind: 'deleted', path: '/b' },
  ];
  t.is((await runWith(['diff', 'web'], { diffContainer })).stdout, 'C /etc\nA /etc/a\nD /b\n');
});

test('volume: made, listed, removed', async (t) => {
  const made = await runWith(['volume', 'create', '--label', 'a=b', 'data'], {
    createVolume: { Name: 'data' },
  });
  t.is(made.stdout, 'data\n');
  t.deepEqual(made.calls[0]?.request, { labels: { a: 'b' }, name: 'data' });
  const volumes = [{ Name: 'data', Driver: 'local', Labels: { a: 'b' }, Mountpoint: '/m', Scope: 'local' }];
  t.is((await runWith(['volume', 'ls'], { volumes })).stdout, 'DRIVER   VOLUME NAME\nlocal    data\n');
  t.is((await runWith(['volume', 'list', '-q'], { volumes })).stdout, 'data\n');
  t.is((await runWith(['volume', 'ls', '--format', '{{.Labels}}'], { volumes })).stdout, 'a=b\n');
  t.is((await runWith(['volume', 'rm', '-f', 'data'], { removeVolumes: ['data'] })).stdout, 'data\n');
  const pruneVolumes = { names: ['x'], freedBytes: 2000 };
  t.is((await runWith(['volume', 'prune'], { pruneVolumes })).stdout, 'x\nTotal reclaimed space: 2kB\n');
  t.regex((await runWith(['volume', 'mk'])).stderr, /unknown command: volume mk/);
});

test('network: made, listed, joined', async (t) => {
  const argv = ['network', 'create', '--subnet', '172.30.0.0/24', '--internal', 'back'];
  const made = await runWith(argv, { createNetwork: { Id: 'abc' } });
  t.is(made.stdout, 'abc\n');
  t.deepEqual(made.calls[0]?.request, {
    name: 'back',
    labels: {},
    isInternal: true,
    subnet: '172.30.0.0/24',
  });
  const networks = [{ Id: 'abcdef0123456789', Name: 'back', Driver: 'bridge', Scope: 'local' }];
  t.is((await runWith(['network', 'ls', '-q'], { networks })).stdout, 'abcdef012345\n');
  const joined = await runWith(['network', 'connect', '--alias', 'db', 'back', 'web']);
  t.deepEqual(joined.calls[0]?.request, { network: 'back', container: 'web', aliases: ['db'] });
  t.is((await runWith(['network', 'connect', 'back'])).status, 2);
});
