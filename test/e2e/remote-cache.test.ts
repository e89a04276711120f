// Remote caches with the command: a machine that is new finds what another one made, in Debian's docker-registry behind
// a proxy that counts.
import type { ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCountedRegistry } from '../support/counting-proxy.js';
import { projectRoot } from '../support/project-root.js';
import { basesRegistry, testNeeding } from '../support/requirements.js';
import { assertBuilt, workspace, type Workspace } from '../support/workspace.js';

const files = {
  Dockerfile:
    'FROM scratch AS made\nCOPY a.txt /a.txt\nCOPY b.txt /b.txt\nFROM scratch\nCOPY --from=made /a.txt /a.txt\n',
  'a.txt': 'first',
  'b.txt': 'second',
};
const withRegistry = testNeeding('registry');

function digestIn(space: Workspace): string {
  const { 'containerimage.digest': digest } = JSON.parse(
    readFileSync(join(space.root, 'metadata.json'), 'utf8'),
  ) as { 'containerimage.digest': string };
  return digest;
}

async function build(t: ExecutionContext, space: Workspace, args: readonly string[], options = {}) {
  const run = await space.build([...args, '--metadata-file', join(space.root, 'metadata.json')], options);
  assertBuilt(t, run);
  return run.stderr;
}

withRegistry('scopes: a pull request reads main, and writes its own cache', async (t) => {
  const registry = await startCountedRegistry(t);
  const cache = `type=registry,ref=${registry.host}/team/app-cache`;
  const push = ['--push', '-t', `${registry.host}/team/app:1`];
  const main = workspace(t, files);
  const written = await build(t, main, [...push, '--cache-to', `${cache},mode=max`]);
  t.true(written.includes(`exporting cache to ${registry.host}/team/app-cache:main`));

  const request = workspace(t, { ...files, 'b.txt': 'edited' });
  const chain = ['--cache-from', `${cache},scope=pr/12,main`];
  const own = ['--cache-to', `${cache},scope=pr/12,mode=max`];
  t.true((await build(t, request, [...push, ...chain, ...own])).includes('1 step executed, 2 cached'));
  t.is(digestIn(request), digestIn(main));

  const again = workspace(t, { ...files, 'b.txt': 'edited' });
  registry.forget();
  t.true((await build(t, again, [...push, ...chain, ...own])).includes('0 steps executed, 3 cached'));
  t.deepEqual(
    registry.requests.filter(({ method, up }) => up > 0 || !['HEAD', 'GET'].includes(method)),
    [],
  );
});

withRegistry('what is wrong with an option is said before the build', async (t) => {
  const space = workspace(t, files);
  for (const [args, message] of [
    [['--cache-to', 'type=inline'], 'a cache of type=inline lies beside an image that is pushed'],
    [['--cache-from', 'type=registry,ref=r.test/c:main,scope=pr'], 'names a cache, and scope=pr another one'],
    [
      ['--cache-to', 'r.test/c', '--cache-to', 'type=registry,ref=r.test/c,sign-key=none'],
      'sign-key none cannot be read',
    ],
  ] as const) {
    const { code, stderr } = await space.build(args);
    t.is(code, 2, stderr);
    t.true(stderr.includes(message), stderr);
    t.false(stderr.includes('COPY'));
  }
});

testNeeding(
  'registry',
  'bases',
  'sandbox',
)('fixtures/node-app on a machine that is new: no RUN', async (t) => {
  t.timeout(600_000);
  const registry = await startCountedRegistry(t);
  const context = join(projectRoot, 'fixtures', 'node-app');
  const env = { TSBUILD_REGISTRY_MIRRORS: `docker.io=${basesRegistry()}` };
  const cache = `type=registry,ref=${registry.host}/team/app-cache`;
  const push = ['--push', '-t', `${registry.host}/team/app:1`];
  const first = workspace(t, {});
  const secrets = execFileSync(process.execPath, ['scripts/npm-secrets.mjs', first.root], {
    encoding: 'utf8',
  })
    .trim()
    .split(' ');
  await build(t, first, [...push, ...secrets, '--cache-to', `${cache},mode=max`], { context, env });

  // Without secrets nothing must be looked at, and no layer comes.
  const second = workspace(t, {});
  registry.forget();
  const found = await build(t, second, [...push, '--cache-from', cache], { context, env });
  t.true(found.includes('0 steps executed, 10 cached'), found);
  t.is(digestIn(second), digestIn(first));
  t.deepEqual(
    registry.requests.filter(({ method, path }) => method === 'GET' && path.includes('app-cache')).length,
    2,
  );
});
