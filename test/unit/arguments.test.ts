// What code hands to build(), check() and doctor().
import test from 'ava';
import { build } from '../../src/build.js';
import { check } from '../../src/check.js';
import { TsbuildError } from '../../src/core/errors.js';
import { doctor } from '../../src/doctor.js';
import type { BuildRequest } from '../../src/plan/request.js';
import { builder } from '../support/in-process-build.js';

const WRONG: readonly (readonly [unknown, string])[] = [
  [undefined, 'request is undefined, but it must be an object'],
  ['.', 'request is ".", but it must be an object'],
  [{}, 'request.context is undefined, but it must be given'],
  [{ context: 7 }, 'request.context is 7, but it must be a text that is not empty'],
  [{ context: '.', tags: 'a' }, 'request.tags is "a", but it must be an array'],
  [{ context: '.', tags: ['a', null] }, 'request.tags[1] is null, but it must be a text'],
  [{ context: '.', nocache: true }, 'unknown member request.nocache (did you mean noCache?)'],
  [{ context: '.', buildArg: {} }, 'unknown member request.buildArg (did you mean buildArgs?)'],
  [{ context: '.', buildArgs: { A: 1 } }, 'request.buildArgs.A is 1, but it must be a text'],
  [{ context: '.', noCache: 'yes' }, 'request.noCache is "yes", but it must be true or false'],
  [
    { context: '.', outputs: [{ type: 'oci' }] },
    'request.outputs[0].dest is undefined, but it must be given',
  ],
  [
    { context: '.', outputs: [{ type: 'docker', tar: false }] },
    'request.outputs[0].dest is undefined, but it must be given',
  ],
  [
    { context: '.', outputs: [{ type: 'oci', dest: '-', tar: false }] },
    'request.outputs[0].dest is "-", but it must be a directory',
  ],
  [
    { context: '.', outputs: [{ type: 'local', dest: '-' }] },
    'request.outputs[0].dest is "-", but it must be a directory',
  ],
  [
    { context: '.', outputs: [{ type: 'ocy', dest: 'x' }] },
    'request.outputs[0].type is "ocy", but it must be one of oci, docker, local, tar, image, cacheonly (did you mean oci?)',
  ],
  [
    { context: '.', outputs: [{ type: 'tar', dest: 'x', tar: true }] },
    'unknown member request.outputs[0].tar',
  ],
  [{ context: '.', outputs: { type: 'image' } }, 'request.outputs is an object, but it must be an array'],
  [
    { context: '.', platform: 'lin ux/amd64' },
    'request.platform is "lin ux/amd64", but it must be a platform, such as linux/arm64',
  ],
  [
    { context: '.', platforms: ['linux/amd64', 'beos'] },
    'request.platforms[1] is "beos", but it must be a platform, such as linux/arm64',
  ],
  [
    { context: '.', platform: { os: 'linux' } },
    'request.platform.architecture is undefined, but it must be given',
  ],
  [
    { context: '.', secrets: [{ id: 'x' }] },
    'request.secrets[0] is an object, but it must be given one of file, env and value, and it has none',
  ],
  [
    { context: '.', secrets: [{ id: 'x', value: 'v' }] },
    'request.secrets[0].value is "v", but it must be a Uint8Array',
  ],
  [{ context: '.', ssh: [{ id: 'x' }] }, 'request.ssh[0].paths is undefined, but it must be given'],
  [
    { context: '.', allow: ['foo'] },
    'request.allow[0] is "foo", but it must be one of network.host, security.insecure',
  ],
  [
    { context: '.', isolation: 'usern' },
    'request.isolation is "usern", but it must be one of auto, userns, userns-single, chroot, none (did you mean userns?)',
  ],
  [{ context: '.', resources: { cpus: 0 } }, 'request.resources.cpus is 0, but it must be a number above 0'],
  [
    { context: '.', ulimits: [{ name: 'nofile', soft: 1.5, hard: 2 }] },
    'request.ulimits[0].soft is 1.5, but it must be a whole number',
  ],
];

for (const [index, [request, message]] of WRONG.entries())
  test(`refused by name, ${index}: ${message}`, async (t) => {
    for (const call of [build, check] as const) {
      const error = await t.throwsAsync(Promise.resolve(call(request as BuildRequest)), {
        instanceOf: TsbuildError,
      });
      t.is(error.code, 'OPTION_INVALID');
      t.is(error.message, message);
    }
  });

test('options are checked too, and a member that is undefined is as good as none', async (t) => {
  const wrong = (options: object) =>
    t.throwsAsync(build({ context: '.' }, options as never), { instanceOf: TsbuildError });
  t.is((await wrong({ onevent: 1 })).message, 'unknown member options.onevent (did you mean onEvent?)');
  t.is((await wrong({ onEvent: 1 })).message, 'options.onEvent is 1, but it must be a function');
  t.is((await wrong({ signal: {} })).message, 'options.signal is an object, but it must be an AbortSignal');
  t.is((await wrong({ stdout: 'x' })).message, 'options.stdout is "x", but it must be a stream');
  t.like(await t.throwsAsync(doctor({ cwd: '.' } as never)), { code: 'OPTION_INVALID' });
  const { build: make } = builder(t);
  await t.notThrowsAsync(make({ dockerfileText: 'FROM scratch\n', tags: undefined } as never));
});

test('a signal that is aborted already: nothing is built or named, and its reason is the cause', async (t) => {
  const { build: make, events, fail, store } = builder(t);
  const reason = new Error('gave up');
  for (const dockerfileText of ['FROM scratch\n', 'FROM scratch\nCOPY <<E /f\nx\nE\n']) {
    const error = await fail({ dockerfileText, tags: ['a:1'] }, { signal: AbortSignal.abort(reason) });
    t.is(error.code, 'ABORTED');
    t.is(error.cause, reason);
  }
  t.deepEqual(events, []);
  t.false((await import('node:fs')).existsSync(store));
  for (const call of [
    check({ context: '.' }, { signal: AbortSignal.abort(reason) }),
    doctor({ signal: AbortSignal.abort(reason) }),
  ])
    t.is((await t.throwsAsync(call, { instanceOf: TsbuildError })).cause, reason);
  await make({ dockerfileText: 'FROM scratch\n', tags: ['a:1'] });
});

test('a signal that comes in between gives its reason as the cause too', async (t) => {
  const { context, store } = builder(t);
  const controller = new AbortController();
  const reason = new Error('too late');
  const lines = Array.from({ length: 200 }, (_, i) => `COPY <<E /f${i}\nx\nE\n`).join('');
  const error = await t.throwsAsync(
    build(
      { context, dockerfileText: `FROM scratch\n${lines}`, tags: ['a:1'] },
      {
        env: { TSBUILD_ROOT: store },
        signal: controller.signal,
        onEvent: ({ kind }) => kind === 'step-end' && controller.abort(reason),
      },
    ),
    { instanceOf: TsbuildError },
  );
  t.is(error.code, 'ABORTED');
  t.is(error.cause, reason);
});

test('what a RUN must be given is looked at before anything runs', async (t) => {
  const { fail, events } = builder(t);
  const run = (mount: string) => `FROM scratch\nCOPY <<E /f\nx\nE\nRUN --mount=${mount} x\n`;
  for (const [mount, request, message] of [
    [
      'type=secret,id=s,required=true',
      { secrets: [{ id: 's', env: 'NOENV' }] },
      'secret s: the variable NOENV is not set',
    ],
    ['type=secret,id=s,required=true', {}, 'secret s: not found'],
    ['type=ssh,required=true', {}, 'unset ssh forward key default'],
  ] as const) {
    const error = await fail({ dockerfileText: run(mount), ...request });
    t.is(error.code, 'STEP_SECRET_MISSING');
    t.is(error.message, message);
    t.is(error.location?.startLine, 5);
  }
  const agent = await fail({ dockerfileText: 'FROM scratch\n', ssh: [{ id: 'default', paths: [] }] });
  t.is(agent.message, 'ssh default: no agent: the variable SSH_AUTH_SOCK is not set');
  t.false(events.some((event) => event.kind === 'step-start' && event.step.name.includes('COPY')));
});

test('the signal of a build has room for as many listeners as steps run side by side', async (t) => {
  const { build: make } = builder(t);
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => void warnings.push(warning);
  process.on('warning', onWarning);
  const stages = Array.from({ length: 20 }, (_, i) => `FROM scratch AS s${i}\nCOPY a /f${i}\n`).join('');
  const copies = Array.from({ length: 20 }, (_, i) => `COPY --from=s${i} / /\n`).join('');
  const { write, ...own } = builder(t);
  write({ a: 'x' });
  await own.build({ dockerfileText: `${stages}FROM scratch\n${copies}` });
  await make({ dockerfileText: 'FROM scratch\n' });
  process.off('warning', onWarning);
  t.deepEqual(warnings, []);
});

test('a platform may be a text, and the error class has its own name', async (t) => {
  const { build: make, fail } = builder(t);
  const { configDigest } = await make({ dockerfileText: 'FROM scratch\n', platform: 'arm64' } as never);
  const { configDigest: same } = await make({
    dockerfileText: 'FROM scratch\n',
    platform: { os: 'linux', architecture: 'arm64' },
  });
  t.truthy(configDigest);
  t.is(typeof same, 'string');
  const error = await fail({ dockerfileText: 'FROM scratch\nCOPY nowhere /\n' });
  t.is(error.constructor.name, 'TsbuildError');
  t.is(error.name, 'TsbuildError');
});
