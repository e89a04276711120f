// tsbuild in a folder that its user cannot write, as after `npm install -g` by root.
import { chmodSync, cpSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { findOrdinaryUser } from '../support/ordinary-user.js';
import { projectRoot } from '../support/project-root.js';
import { testNeeding } from '../support/requirements.js';
import { tempDir } from '../support/temp-store.js';
import '../support/tsbuild-command.js';
import { dockerfileWithShell, hostShell, workspace } from '../support/workspace.js';

function namesIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.compiled'));
}

testNeeding(
  'root',
  'subuid',
  'sandbox',
)('the compiled forms of the command and of the worker are kept in a folder of the user alone', async (t) => {
  const user = findOrdinaryUser();
  const installed = tempDir(t);
  for (const name of ['bin', 'dist', 'package.json'])
    cpSync(join(projectRoot, name), join(installed, name), {
      recursive: true,
      filter: (path) => !path.includes('.compiled'),
    });
  symlinkSync(join(projectRoot, 'node_modules'), join(installed, 'node_modules'));
  const space = workspace(t, { Dockerfile: dockerfileWithShell('RUN echo made > /made\n') }, { user });
  const program = join(installed, 'bin', 'tsbuild.js');
  const build = (): number | null =>
    spawnSync(
      process.execPath,
      [program, 'build', '--no-cache', '-t', 'app:1', ...hostShell(), space.context],
      {
        uid: user?.uid,
        gid: user?.gid,
        cwd: '/',
        env: { PATH: process.env['PATH'], HOME: space.store, TSBUILD_ROOT: space.store },
      },
    ).status;
  const folder = join(space.store, '.cache', 'tsbuild', 'compiled');
  t.is(build(), 0);
  // The worker keeps its own while it ends, and the command does not wait for that.
  for (let i = 0; i < 500 && namesIn(folder).length < 2; i++) await sleep(20);
  t.is(namesIn(folder).length, 2);
  t.is(statSync(folder).mode & 0o777, 0o700);
  t.is(build(), 0);
  for (const part of ['cli', 'worker']) t.deepEqual(namesIn(join(installed, 'dist', part)), []);
  // Nobody else's folder is used, and nothing fails for it.
  chmodSync(folder, 0o777);
  t.is(build(), 0);
});
