// Builds at the same time that need the same step: one makes it, the others wait for it and take it.
import type { ExecutionContext } from 'ava';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildRequest } from '../../src/plan/request.js';
import { builder } from '../support/in-process-build.js';
import { testNeeding } from '../support/requirements.js';
import { startTsbuild } from '../support/tsbuild-command.js';
import { dockerfileWithShell, hostShell, workspace, type Workspace } from '../support/workspace.js';

/** Gives other bytes each time. */
const RANDOM =
  'RUN read id < /proc/sys/kernel/random/uuid; echo $id > /id; echo "made $id"; sleep 1; echo slept';
const dockerfile = dockerfileWithShell(`${RANDOM}\n`);

interface Started {
  /** Becomes true when standard error has the text. */
  has(text: string): Promise<boolean>;
  kill(signal: NodeJS.Signals): void;
  readonly end: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

function start({ store, context }: Workspace, ...options: string[]): Started {
  const child = startTsbuild(
    ['build', '--progress', 'plain', ...hostShell(), '-t', 'image:1', ...options, context],
    { store },
  );
  let stderr = '';
  child.stderr?.on('data', (data: Buffer) => (stderr += data.toString()));
  const end = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr }));
  return {
    has: (text) =>
      new Promise((resolve) => {
        const look = () => void (stderr.includes(text) && resolve(true));
        child.stderr?.on('data', look);
        child.on('close', () => resolve(stderr.includes(text)));
        look();
      }),
    kill: (signal) => void child.kill(signal),
    end,
  };
}

/** What the command said, of all these builds. */
function idsIn(outputs: readonly string[]): string[] {
  return outputs.flatMap((output) => [...output.matchAll(/^#\d+ \S+ made (\S+)$/gm)].map(([, id]) => id!));
}

function assertNoLocks(t: ExecutionContext, store: string): void {
  t.deepEqual(
    readdirSync(join(store, 'v1', 'tmp')).filter((name) => name.startsWith('lock-')),
    [],
  );
}

testNeeding('sandbox')('two processes', async (t) => {
  const space = workspace(t, { Dockerfile: dockerfile });
  const ids = [join(space.root, 'id1'), join(space.root, 'id2')];
  const ends = await Promise.all(ids.map((file) => start(space, '--iidfile', file).end));
  for (const { code, stderr } of ends) t.is(code, 0, stderr);
  const [first, second] = ids.map((file) => readFileSync(file, 'utf8'));
  t.is(first, second);
  t.is(idsIn(ends.map(({ stderr }) => stderr)).length, 1);
  assertNoLocks(t, space.store);
});

testNeeding('sandbox')('two builds of one process', async (t) => {
  const { build, write, store, events } = builder(t);
  write({ Dockerfile: dockerfile });
  const buildArgs = Object.fromEntries(
    hostShell().flatMap((option) => {
      const [, name, value] = /^(\w+)=(\/.*)$/.exec(option) ?? [];
      return name !== undefined && value !== undefined ? [[name, value]] : [];
    }),
  );
  const request: Partial<BuildRequest> = { buildContexts: { host: '/' }, buildArgs, outputs: [] };
  const [first, second] = await Promise.all([build(request), build(request)]);
  t.is(first.digest, second.digest);
  const steps = first.executed + first.cached;
  t.is(first.executed + second.executed, steps);
  const text = events.flatMap((event) =>
    event.kind === 'step-log' ? [Buffer.from(event.data).toString()] : [],
  );
  t.is(text.join('').match(/made /g)?.length, 1);
  const notes = events.flatMap((event) => (event.kind === 'note' ? [event.message] : []));
  t.true(
    notes.some((note) => /^another build is making the same step; waiting for it: .*RUN read id/.test(note)),
    notes.join('\n'),
  );
  assertNoLocks(t, store);
});

testNeeding('sandbox')('the builder of a step that is killed lets the next one make it', async (t) => {
  const space = workspace(t, { Dockerfile: dockerfile.replace('sleep 1;', 'sleep 3;') });
  const first = start(space);
  t.true(await first.has('made '));
  const second = start(space);
  t.true(await second.has('another build is making the same step'));
  first.kill('SIGKILL');
  const [{ code }, { code: done, stderr }] = await Promise.all([first.end, second.end]);
  t.is(code, null);
  t.is(done, 0, stderr);
  t.is(idsIn([stderr]).length, 1);
  assertNoLocks(t, space.store);
});

testNeeding('sandbox')('a step that fails is made by the one who waits, and fails there too', async (t) => {
  const space = workspace(t, { Dockerfile: dockerfile.replace('echo slept', 'exit 3') });
  const ends = await Promise.all([start(space).end, start(space).end]);
  for (const { code, stderr } of ends) t.not(code, 0, stderr);
  t.is(idsIn(ends.map(({ stderr }) => stderr)).length, 2);
});

testNeeding('sandbox')('who waits is ended by its signal at once', async (t) => {
  const space = workspace(t, { Dockerfile: dockerfile.replace('sleep 1;', 'sleep 3;') });
  const first = start(space);
  t.true(await first.has('made '));
  const second = start(space);
  t.true(await second.has('another build is making the same step'));
  second.kill('SIGINT');
  const { code, stderr } = await second.end;
  t.is(code, 130, stderr);
  t.is((await first.end).code, 0);
  assertNoLocks(t, space.store);
});

testNeeding('sandbox')('without the cache nobody waits', async (t) => {
  const space = workspace(t, { Dockerfile: dockerfile });
  const ends = await Promise.all([start(space, '--no-cache').end, start(space, '--no-cache').end]);
  for (const { code, stderr } of ends) t.is(code, 0, stderr);
  t.is(new Set(idsIn(ends.map(({ stderr }) => stderr))).size, 2);
});
