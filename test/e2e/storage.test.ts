// The store as its user sees it: its size, freeing it, keeping it small, carrying it, removing it. As root and as an
// ordinary user, whose unpacked layers hold files of other ids.
import { execFileSync, spawnSync } from 'node:child_process';
import test, { type ExecutionContext } from 'ava';
import { existsSync, mkdirSync, readdirSync, chownSync } from 'node:fs';
import { join } from 'node:path';
import { findOrdinaryUser, type OrdinaryUser } from '../support/ordinary-user.js';
import { testNeeding } from '../support/requirements.js';
import { runTsbuild, type TsbuildRun } from '../support/tsbuild-command.js';
import {
  assertBuilt,
  dockerfileWithShell,
  hostShell,
  workspace,
  type Workspace,
} from '../support/workspace.js';

const USERS = [
  { who: 'root', needs: ['sandbox', 'root'], user: () => undefined },
  { who: 'an ordinary user', needs: ['sandbox', 'subuid'], user: findOrdinaryUser },
] as const;

interface Usage {
  readonly totalBytes: number;
  readonly reclaimableBytes: number;
  readonly classes: readonly { readonly class: string; readonly bytes: number }[];
}

function spaceOf(t: ExecutionContext, user: OrdinaryUser | undefined): Workspace {
  const dockerfile = dockerfileWithShell(
    'COPY --chown=1000:1000 --chmod=700 data /home/data\nRUN --mount=type=cache,target=/c echo $(echo x > /c/x) made > /made\n',
  );
  return workspace(t, { Dockerfile: dockerfile, data: 'd'.repeat(300_000) }, { user });
}

const commandIn =
  ({ store }: Workspace, user: OrdinaryUser | undefined) =>
  (...args: string[]): Promise<TsbuildRun> =>
    runTsbuild(args, { store, user });

async function usageOf(t: ExecutionContext, run: ReturnType<typeof commandIn>): Promise<Usage> {
  const du = await run('du', '--format', 'json');
  t.is(du.code, 0, du.stderr);
  return JSON.parse(du.stdout.toString()) as Usage;
}

/** As root, who can look into all of it. */
function sizeOf(folder: string): number {
  return Number(execFileSync('du', ['-sb', folder], { encoding: 'utf8' }).split('\t')[0]);
}

for (const { who, needs, user: find } of USERS) {
  testNeeding(...needs)(`du and prune of ${who}`, async (t) => {
    const user = find();
    const space = spaceOf(t, user);
    const run = commandIn(space, user);
    assertBuilt(t, await space.build([...hostShell(), '-t', 'app:1']));
    space.write('data', 'e'.repeat(400_000));
    assertBuilt(t, await space.build([...hostShell(), '-t', 'app:1']));
    const before = await usageOf(t, run);
    // Only root can look into everything.
    if (process.getuid?.() === 0) {
      const size = sizeOf(join(space.store, 'v1')) + sizeOf(join(space.store, 'local'));
      t.true(Math.abs(before.totalBytes - size) < size / 100, `${before.totalBytes} of ${size}`);
    }
    t.true(before.classes.find((each) => each.class === 'trees')!.bytes > 400_000);
    const pruned = await run('prune', '--all', '--force');
    t.is(pruned.code, 0, pruned.stderr);
    t.regex(pruned.stdout.toString(), /trees[\s\S]*Freed: /);
    const trees = readdirSync(join(space.store, 'local', 'v1', 'trees'));
    t.deepEqual(
      trees.filter((name) => !name.startsWith('.')),
      [],
    );
    t.is((await usageOf(t, run)).reclaimableBytes, 0);
    const again = await space.build([...hostShell(), '-t', 'app:1']);
    assertBuilt(t, again);
    t.regex(again.stderr, /0 steps executed/, 'what the image holds is still known');
    const anew = await space.build([...hostShell(), '--no-cache', '-t', 'app:2']);
    assertBuilt(t, anew);
    const removed = await run('prune', '--everything', '--force');
    t.is(removed.code, 0, removed.stderr);
    t.false(existsSync(space.store), 'nothing is left');
  });

  testNeeding(...needs)(`a store that ${who} carries with tar gives all steps`, async (t) => {
    const user = find();
    const space = spaceOf(t, user);
    assertBuilt(t, await space.build([...hostShell(), '-t', 'app:1']));
    const archive = join(space.root, 'store.tar');
    const as = user && process.getuid?.() === 0 ? { uid: user.uid, gid: user.gid } : {};
    const tar = (...args: string[]) => spawnSync('tar', args, { encoding: 'utf8', ...as });
    const packed = tar('-C', space.store, '-cf', archive, 'v1');
    t.is(packed.status, 0, packed.stderr);
    const elsewhere = join(space.root, 'elsewhere');
    mkdirSync(elsewhere);
    if (as.uid !== undefined) chownSync(elsewhere, as.uid, as.gid);
    t.is(tar('-C', elsewhere, '-xf', archive).status, 0);
    const args = ['build', '--progress', 'plain', ...hostShell(), '-t', 'app:1'];
    const built = await runTsbuild([...args, space.context], { store: elsewhere, user });
    t.is(built.code, 0, built.stderr);
    t.regex(built.stderr, /0 steps executed/);
    // It is complete: a RUN on top of it finds all layers.
    space.write('Dockerfile', `${dockerfileWithShell('')}RUN echo more > /more\n`);
    const more = await runTsbuild([...args, space.context], { store: elsewhere, user });
    t.is(more.code, 0, more.stderr);
    t.regex(more.stderr, /1 steps? executed/);
  });

  testNeeding(...needs)(`builds and prunes of ${who} at once`, (t) => {
    t.timeout(300_000);
    const user = find();
    const as = user && process.getuid?.() === 0 ? [String(user.uid)] : [];
    const race = spawnSync(process.execPath, ['scripts/prune-race.mjs', '4', ...as], { encoding: 'utf8' });
    t.is(race.status, 0, `${race.stdout}${race.stderr}`);
  });
}

test('after every build the store is below its cap, and a note says what went', async (t) => {
  const space = workspace(t, { Dockerfile: 'FROM scratch\nCOPY data /data\n' });
  const cap = 2_000_000;
  const env = { TSBUILD_STORE_MAX: String(cap) };
  const notes: string[] = [];
  for (let i = 0; i < 8; i++) {
    space.write('data', String(i).repeat(600_000));
    const built = await space.build(['-t', 'app:1'], { env });
    assertBuilt(t, built);
    notes.push(...(built.stderr.match(/the store was over its cap.*/g) ?? []));
    t.true(sizeOf(join(space.store, 'v1')) <= cap, `build ${i}`);
  }
  t.true(notes.length > 0);
  t.regex(notes[0]!, /freed [\d.]+MB .*build-cache/);
  const bad = await space.build(['-t', 'app:1'], { env: { TSBUILD_STORE_MAX: 'much' } });
  t.is(bad.code, 2, bad.stderr);
  t.regex(bad.stderr, /TSBUILD_STORE_MAX/);
});

test('what is asked wrongly is refused, and nothing goes without a yes', async (t) => {
  const space = workspace(t, { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
  assertBuilt(t, await space.build(['-t', 'app:1']));
  const run = commandIn(space, undefined);
  for (const [args, words] of [
    [['prune'], /--force/],
    [['prune', '-f', '--filter', 'until=soon'], /until=soon/],
    [['prune', '-f', '--max-used-space', 'much'], /--max-used-space/],
    [['prune', '-f', '--everything', '--all'], /whole store/],
    [['prune', 'x', '-f'], /no arguments/],
    [['du', 'x'], /no arguments/],
    [['du', '--filter', 'type=x'], /type=x/],
  ] as const) {
    const refused = await run(...args);
    t.is(refused.code, 2, `${args.join(' ')}: ${refused.stderr}`);
    t.regex(refused.stderr, words);
  }
  t.regex((await run('prune', '-f', '--keep-storage', '1gb')).stderr, /--reserved-space/);
  const table = await run('du');
  t.regex(table.stdout.toString(), /^CLASS[\s\S]*images[\s\S]*Total: /);
  t.regex((await run('du', '-v')).stdout.toString(), /docker\.io\/library\/app:1/);
});
