// Cache mounts between machines, by the command: the store is wiped, and a step that runs again finds what it had.
import type { ExecutionContext } from 'ava';
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { findOrdinaryUser, type OrdinaryUser } from '../support/ordinary-user.js';
import { testNeeding } from '../support/requirements.js';
import {
  assertBuilt,
  dockerfileWithShell,
  hostShell,
  workspace,
  type Workspace,
} from '../support/workspace.js';

const countingStep = (edit: string): string =>
  dockerfileWithShell(
    `RUN --mount=type=cache,target=/root/.npm set -- /root/.npm/*; echo found $#; : ${edit}; i=0; while [ $i -lt 50 ]; do i=$((i+1)); echo $i > /root/.npm/file-$i; done\n`,
  );

async function carried(t: ExecutionContext, user: OrdinaryUser | undefined): Promise<void> {
  t.timeout(240_000);
  const first = workspace(t, { Dockerfile: countingStep('one') }, { user });
  const cache = join(first.root, 'cache');
  if (user && process.getuid?.() === 0) chownSync(first.root, user.uid, user.gid);
  const from = ['--cache-from', `type=local,src=${cache}`];
  // Each has an empty store and the same sources.
  const machine = (): Workspace => workspace(t, {}, { user });
  const built = async ({ build }: Workspace, args: readonly string[] = []): Promise<string> => {
    const run = await build([...hostShell(), ...args], { context: first.context });
    assertBuilt(t, run);
    return run.stderr;
  };
  // Without a match the pattern stands for itself.
  t.regex(await built(first, ['--cache-to', `type=local,dest=${cache},mounts=true`]), /found 1\n/);
  t.notRegex(await built(machine(), from), /found \d/);
  first.write('Dockerfile', countingStep('two'));
  t.regex(await built(machine(), from), /found 50\n/);
  t.regex(await built(machine()), /found 1\n/);
}

testNeeding('sandbox')('a wiped store gets its cache mounts back from --cache-from', (t) =>
  carried(t, undefined),
);

testNeeding(
  'root',
  'subuid',
  'sandbox',
)('an ordinary user gets them back too', (t) => carried(t, findOrdinaryUser()));
