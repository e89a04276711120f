// --ssh ID=KEY: a step reaches an agent of the build that has the key; the key itself is nowhere, and the agent is gone
// at the end.
import test, { type ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testNeeding } from '../support/requirements.js';
import { assertBuilt, dockerfileWithShell, hostShell, workspace } from '../support/workspace.js';

/** ssh-add of this machine and what it is loaded with. */
function copySshAdd(): string {
  const program = execFileSync('sh', ['-c', 'command -v ssh-add'], { encoding: 'utf8' }).trim();
  const libraries = execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(?:=> )?(\/\S+) \(0x/g);
  const copies = [...libraries].map(([, path = '']) => `COPY --from=host ${realpathSync(path)} ${path}\n`);
  return `COPY --from=host ${realpathSync(program)} /bin/ssh-add\n${copies.join('')}`;
}

async function listsTheKey(t: ExecutionContext): Promise<void> {
  const space = workspace(t, {
    Dockerfile: dockerfileWithShell(
      `${copySshAdd()}RUN --mount=type=ssh,required ssh-add -L > /keys\nRUN --mount=type=ssh,id=other [ -z "$SSH_AUTH_SOCK" ]\n`,
    ),
  });
  const [key, out] = [join(space.root, 'key'), join(space.root, 'out')];
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key]);
  const run = await space.build([
    ...hostShell(),
    '--ssh',
    `default=${key}`,
    '--output',
    `type=local,dest=${out}`,
  ]);
  assertBuilt(t, run);
  t.is(readFileSync(join(out, 'keys'), 'utf8').trim(), readFileSync(`${key}.pub`, 'utf8').trim());
  t.deepEqual(readdirSync(join(space.store, 'v1', 'tmp')), []);
}

testNeeding('sandbox', 'ssh')('a step lists the key of --ssh default=KEY', listsTheKey);

test('a file that is no key fails the build at its start', async (t) => {
  const space = workspace(t, { Dockerfile: 'FROM scratch\nCOPY a.txt /\n', 'a.txt': 'a' });
  const key = join(space.root, 'key');
  writeFileSync(key, 'what nobody should see');
  const run = await space.build(['--ssh', `default=${key}`]);
  t.is(run.code, 2);
  t.true(
    run.stderr.includes(`ssh default: ${key} is neither a socket nor a private key that can be read`),
    run.stderr,
  );
  t.false(run.stderr.includes('nobody'));
  const missing = await space.build(['--ssh', 'default=/nowhere/key']);
  t.is(missing.code, 2);
  t.true(
    missing.stderr.includes('ssh default: cannot read /nowhere/key: no such file or directory'),
    missing.stderr,
  );
});
