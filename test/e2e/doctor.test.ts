// `tsbuild doctor` as users meet it: what it says holds for a build, and it leaves nothing behind.
import test from 'ava';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Diagnosis } from '../../src/index.js';
import { findOrdinaryUser, type OrdinaryUser } from '../support/ordinary-user.js';
import { testNeeding } from '../support/requirements.js';
import { tempDir } from '../support/temp-store.js';
import { runTsbuild } from '../support/tsbuild-command.js';
import { dockerfileWithShell, hostShell, workspace } from '../support/workspace.js';

const files = { Dockerfile: dockerfileWithShell('RUN echo ran\n') };

const NOBODY: OrdinaryUser = { name: 'nobody', uid: 65534, gid: 65534 };

for (const [label, needs, userOf] of [
  ['whoever runs the tests', [], () => undefined],
  ['a user with subordinate ids', ['root', 'subuid'], findOrdinaryUser],
  ['a user without subordinate ids', ['root'], () => NOBODY],
] as const) {
  testNeeding('sandbox', ...needs)(`a build takes what doctor says, as ${label}`, async (t) => {
    const user = userOf();
    const space = workspace(t, files, { user });
    const said = await runTsbuild(['doctor', '--json'], { store: space.store, user });
    const { isolation, rungs, version } = JSON.parse(said.stdout.toString()) as Diagnosis;
    t.is(version, 1);
    t.is(said.code, isolation === 'none' ? 5 : 0, said.stderr);
    for (const { works, reason, code, fixes } of rungs) {
      t.is(works, reason === undefined && code === undefined && fixes.length === 0);
      if (!works) t.regex(code ?? '', /^SANDBOX_/);
    }
    const built = await space.build([...hostShell()]);
    t.is(built.code, said.code, built.stderr);
    if (isolation !== 'none')
      t.true(built.stderr.includes(`the sandbox uses isolation ${isolation} `), built.stderr);
    for (const { name, works } of rungs) {
      const forced = await space.build(['--no-cache', '--isolation', name, ...hostShell()]);
      t.is(forced.code, works ? 0 : 5, forced.stderr);
      if (!works) t.true(forced.stderr.includes('`tsbuild doctor`'), forced.stderr);
    }
  });
}

test('doctor makes no store where there was none, and leaves one as it was', async (t) => {
  const store = join(tempDir(t), 'deep', 'store');
  t.not((await runTsbuild(['doctor'], { store, env: { HOME: tempDir(t) } })).stdout.length, 0);
  t.false(existsSync(store));
  const space = workspace(t, { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
  await space.build([]);
  const before = readdirSync(space.store, { recursive: true }).toSorted();
  await runTsbuild(['doctor'], { store: space.store });
  t.deepEqual(readdirSync(space.store, { recursive: true }).toSorted(), before);
});
