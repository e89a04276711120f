// Folders of the store that RUN needs: one that is gone is made again, and what cannot be used ends the build. Neither
// is a reason for a weaker isolation.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testNeeding } from '../support/requirements.js';
import { assertBuilt, dockerfileWithShell, hostShell, workspace } from '../support/workspace.js';

const files = { Dockerfile: dockerfileWithShell('RUN echo ran\n') };

testNeeding('sandbox', 'root')(
  'a folder of trees that is gone is made again, and the isolation is the same',
  async (t) => {
    const space = workspace(t, files);
    assertBuilt(t, await space.build([...hostShell()]));
    for (const folder of ['trees', 'mounts'])
      rmSync(join(space.store, 'local', 'v1', folder), { recursive: true });
    const run = await space.build([...hostShell(), '--no-cache']);
    assertBuilt(t, run);
    // Said once, and again when it has changed.
    t.notRegex(run.stderr, /the sandbox uses isolation/);
  },
);

testNeeding('sandbox', 'root')('a folder of trees that is a file ends the build', async (t) => {
  const space = workspace(t, files);
  assertBuilt(t, await space.build([...hostShell()]));
  rmSync(join(space.store, 'local', 'v1', 'trees'), { recursive: true });
  writeFileSync(join(space.store, 'local', 'v1', 'trees'), '');
  const run = await space.build([...hostShell(), '--no-cache']);
  t.is(run.code, 7, run.stderr);
  t.regex(run.stderr, /local\/v1\/trees/);
  t.notRegex(run.stderr, /the sandbox uses isolation (userns-single|chroot)/);
});
