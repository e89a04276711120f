// Cache mounts when builds, or stages of one build, use them at the same time: locked ones wait for each other, shared
// ones meet, private ones are apart, and what a killed build held is free. Decided by what the steps find in the mount,
// not by how long they take.
import type { ExecutionContext } from 'ava';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { testNeeding } from '../support/requirements.js';
import { startTsbuild } from '../support/tsbuild-command.js';
import {
  assertBuilt,
  dockerfileWithShell,
  hostShell,
  workspace,
  type Workspace,
} from '../support/workspace.js';

type Sharing = 'shared' | 'private' | 'locked';

/** Open to all, since the tests write to it from outside, where its root is another id. */
const mount = (sharing: Sharing, id = 'm'): string =>
  `--mount=type=cache,id=${id},target=/${id},sharing=${sharing},mode=0777`;
const wait = (until: string): string =>
  `n=0; until ${until}; do n=$((n+1)); [ $n -lt 600 ] || exit 9; sleep 0.1; done`;

/** Says so in the mount, waits there for the file `go`, and says that it ends. */
const hold = `echo "start $ME" >> /m/log; ${wait('[ -e /m/go ]')}; echo "end $ME" >> /m/log`;
/** Succeeds only while the other one is in the same mount: each waits for the other's word, then for its farewell. */
const meet = `> /m/here-$ME; ${wait('[ -e /m/here-$OTHER ]')}; > /m/met-$ME; ${wait('[ -e /m/met-$OTHER ]')}`;
/** Fails when anything happens in the mount between its start and its end. */
const alone = `echo "start $ME" >> /m/log; sleep 1; while read -r line; do last=$line; done < /m/log; [ "$last" = "start $ME" ] || exit 8; echo "end $ME" >> /m/log`;

const oneStep = (sharing: Sharing, script: string): string =>
  dockerfileWithShell(`ARG ME\nARG OTHER\nRUN ${mount(sharing)} ${script}\n`);

const twoStages = (sharing: Sharing, script: string): string =>
  [
    dockerfileWithShell('')
      .replace(/^FROM .*$/m, '$& AS base')
      .trimEnd(),
    `FROM base AS a\nENV ME=a OTHER=b\nRUN ${mount(sharing)} ${script}; > /a`,
    `FROM base AS b\nENV ME=b OTHER=a\nRUN ${mount(sharing)} ${script}; > /b`,
    'FROM base\nCOPY --from=a /a /\nCOPY --from=b /b /\n',
  ].join('\n');

function start(space: Workspace, me: string, other = '', wrapper: readonly string[] = []) {
  const names = ['--build-arg', `ME=${me}`, '--build-arg', `OTHER=${other}`];
  const args = ['build', '--progress', 'plain', ...hostShell(), ...names, space.context];
  const child = startTsbuild(args, { store: space.store, wrapper });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin?.end();
  return { child, end: once(child, 'close').then(([code]) => ({ code: code as number | null, stderr })) };
}

type Running = ReturnType<typeof start>;

async function assertSucceeds(t: ExecutionContext, ...runs: readonly Running[]): Promise<void> {
  for (const run of runs) {
    const { code, stderr } = await run.end;
    t.is(code, 0, stderr);
  }
}

/** Waits for it, at most half a minute. */
async function eventually(t: ExecutionContext, what: string, isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 300; i++) {
    if (isSo()) return;
    await sleep(100);
  }
  t.fail(`never: ${what}`);
}

/** The first directory of the only cache mount of the store, or of number `n`. */
function directoryOf(space: Workspace, n = 0): string {
  const mounts = join(space.store, 'local', 'v1', 'mounts');
  const [id = 'none yet'] = existsSync(mounts) ? readdirSync(mounts) : [];
  return join(mounts, id, String(n));
}

function logOf(space: Workspace, n = 0): string[] {
  const log = join(directoryOf(space, n), 'log');
  return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
}

const go = (space: Workspace, n = 0): void => writeFileSync(join(directoryOf(space, n), 'go'), '');

function descriptorsOf(pid: string): string[] {
  const directory = `/proc/${pid}/fd`;
  const read = <T>(what: () => T, otherwise: T): T => {
    try {
      return what();
    } catch {
      // Processes end while they are looked at, and those of others cannot be.
      return otherwise;
    }
  };
  return read(() => readdirSync(directory), []).map((fd) =>
    read(() => readlinkSync(join(directory, fd)), ''),
  );
}

/** How many processes have the lock or wait for it. */
function contenders(space: Workspace): number {
  const lock = `${directoryOf(space)}.lock`;
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.filter((pid) => descriptorsOf(pid).includes(lock)).length;
}

/** One build in the mount, and another one that waits to get in. */
async function contend(t: ExecutionContext, wrapper: readonly string[] = []) {
  t.timeout(180_000);
  const space = workspace(t, { Dockerfile: oneStep('locked', hold) });
  const holder = start(space, 'a', '', wrapper);
  await eventually(t, 'a holds the mount', () => logOf(space).includes('start a'));
  const waiter = start(space, 'b');
  await eventually(t, 'b waits for the mount', () => contenders(space) === 2);
  t.deepEqual(logOf(space), ['start a']);
  return { space, holder, waiter };
}

testNeeding('sandbox')('locked: the step of another build waits until the mount is free', async (t) => {
  const { space, holder, waiter } = await contend(t);
  go(space);
  await assertSucceeds(t, holder, waiter);
  t.deepEqual(logOf(space), ['start a', 'end a', 'start b', 'end b']);
});

async function assertFreed(
  t: ExecutionContext,
  { space, holder, waiter }: Awaited<ReturnType<typeof contend>>,
) {
  await eventually(t, 'b holds the mount', () => logOf(space).includes('start b'));
  go(space);
  await assertSucceeds(t, waiter);
  t.is((await holder.end).code, null);
  t.deepEqual(logOf(space), ['start a', 'start b', 'end b']);
}

testNeeding('sandbox')('locked: a holder whose front is killed frees the mount', async (t) => {
  const run = await contend(t);
  run.holder.child.kill('SIGKILL');
  await assertFreed(t, run);
});

testNeeding('sandbox')('locked: a holder whose process group is killed frees the mount', async (t) => {
  const run = await contend(t, ['setsid']);
  process.kill(-run.holder.child.pid!, 'SIGKILL');
  await assertFreed(t, run);
});

testNeeding('sandbox')('locked: a build that waits can be interrupted', async (t) => {
  const { space, holder, waiter } = await contend(t);
  waiter.child.kill('SIGINT');
  t.is((await waiter.end).code, 130);
  go(space);
  await assertSucceeds(t, holder);
  t.deepEqual(logOf(space), ['start a', 'end a']);
});

testNeeding('sandbox')('shared: the steps of two builds are in the mount together', async (t) => {
  t.timeout(180_000);
  const space = workspace(t, { Dockerfile: oneStep('shared', meet) });
  await assertSucceeds(t, start(space, 'a', 'b'), start(space, 'b', 'a'));
});

testNeeding('sandbox')(
  'private: a second build has a directory of its own, a later one takes the first',
  async (t) => {
    t.timeout(180_000);
    const space = workspace(t, { Dockerfile: oneStep('private', hold) });
    const first = start(space, 'a');
    await eventually(t, 'a holds number 0', () => logOf(space).includes('start a'));
    const second = start(space, 'b');
    await eventually(t, 'b holds number 1', () => logOf(space, 1).includes('start b'));
    go(space, 1);
    await assertSucceeds(t, second);
    t.deepEqual([logOf(space), logOf(space, 1)], [['start a'], ['start b', 'end b']]);
    go(space);
    await assertSucceeds(t, first, start(space, 'c'));
    t.deepEqual(logOf(space), ['start a', 'end a', 'start c', 'end c']);
  },
);

testNeeding('sandbox')('stages of one build: locked mounts take turns', async (t) => {
  const space = workspace(t, { Dockerfile: twoStages('locked', alone) });
  assertBuilt(t, await space.build(hostShell()));
  const log = logOf(space);
  t.is(log.length, 4);
  t.is(log[0]?.replace('start', 'end'), log[1]);
});

testNeeding('sandbox')('stages of one build: shared mounts meet', async (t) => {
  const space = workspace(t, { Dockerfile: twoStages('shared', meet) });
  assertBuilt(t, await space.build(hostShell()));
});

testNeeding('sandbox')('one step that mounts a cache twice has it twice, whatever its sharing', async (t) => {
  for (const sharing of ['locked', 'private'] as const) {
    const twice = `${mount(sharing)} --mount=type=cache,id=m,target=/again,sharing=${sharing},mode=0777`;
    const Dockerfile = dockerfileWithShell(`RUN ${twice} echo x > /m/file; [ -e /again/file ]\n`);
    assertBuilt(t, await workspace(t, { Dockerfile }).build(hostShell()));
  }
});

testNeeding('sandbox')('locked mounts in opposite order do not block each other for ever', async (t) => {
  t.timeout(180_000);
  const stage = (name: string, first: string, second: string): string =>
    [1, 2, 3, 4, 5].reduce(
      (text, i) =>
        `${text}\nRUN ${mount('locked', first)} ${mount('locked', second)} echo ${name}${i} > /${name}`,
      `FROM base AS ${name}`,
    );
  const Dockerfile = [
    dockerfileWithShell('')
      .replace(/^FROM .*$/m, '$& AS base')
      .trimEnd(),
    stage('a', 'x', 'y'),
    stage('b', 'y', 'x'),
    'FROM base\nCOPY --from=a /a /\nCOPY --from=b /b /\n',
  ].join('\n');
  assertBuilt(t, await workspace(t, { Dockerfile }).build(hostShell()));
});

testNeeding('sandbox', 'busybox')(
  'one id with another owner, mode or first content is another cache',
  async (t) => {
    const id = '--mount=type=cache,id=one,target=/c';
    const stages = `FROM scratch AS first
COPY --from=host /bin/sleep /c/first
FROM scratch AS second
COPY --from=host /bin/sleep /c/second
`;
    const steps = [
      `RUN ${id} > /c/plain`,
      `RUN ${id},uid=0 [ ! -e /c/plain ] && > /c/owned`,
      `RUN ${id},gid=5 [ ! -e /c/owned ] && [ ! -e /c/plain ]`,
      `RUN ${id},mode=0700 [ ! -e /c/owned ] && [ ! -e /c/plain ]`,
      `RUN ${id},mode=0755,gid=0 [ -e /c/owned ]`,
      `RUN ${id},from=first,source=/c [ -e /c/first ] && [ ! -e /c/plain ] && > /c/seeded`,
      `RUN ${id},from=second,source=/c [ -e /c/second ] && [ ! -e /c/seeded ]`,
      `RUN ${id},from=first,source=/c [ -e /c/seeded ]`,
      `RUN ${id} [ -e /c/plain ] && [ ! -e /c/owned ]`,
    ];
    const space = workspace(t, { Dockerfile: stages + dockerfileWithShell(`${steps.join('\n')}\n`) });
    assertBuilt(t, await space.build([...hostShell()]));
  },
);
