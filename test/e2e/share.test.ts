// What a newcomer does in CI: logs in to a private registry, builds a real application and pushes it with one command;
// elsewhere podman pulls it and runs it.
import { mkdirSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { projectRoot } from '../support/project-root.js';
import { podmanOf } from '../support/real-engines.js';
import { startRealRegistry } from '../support/real-registry.js';
import { basesRegistry, testNeeding } from '../support/requirements.js';
import { runTsbuild } from '../support/tsbuild-command.js';
import { assertBuilt, workspace } from '../support/workspace.js';

const ANSWER_ATTEMPTS = 200;

/** What a host without systemd and with few rights allows. */
const RUN =
  `--runtime runc --cgroup-manager cgroupfs run --detach --network host --no-healthcheck --tls-verify=false
  --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --log-driver k8s-file --name app --env PORT=0`.split(
    /\s+/,
  );

testNeeding(
  'bases',
  'sandbox',
  'registry',
  'podman',
  'runc',
)('fixtures/node-app goes to a private registry with one command, and podman runs it', async (t) => {
  t.timeout(600_000);
  const registry = await startRealRegistry({ hasAuth: true });
  t.teardown(() => registry.stop());
  const space = workspace(t, {});
  const docker = join(space.root, 'docker');
  mkdirSync(docker);
  const env = { DOCKER_CONFIG: docker, TSBUILD_REGISTRY_MIRRORS: `docker.io=${basesRegistry()}` };
  const name = `${registry.host}/team/app:1`;
  const secrets = execFileSync(process.execPath, ['scripts/npm-secrets.mjs', join(space.root, 'secrets')], {
    encoding: 'utf8',
  });
  const metadata = join(space.root, 'metadata.json');
  const push = () =>
    space.build(['--push', '-t', name, '--metadata-file', metadata, ...secrets.trim().split(' ')], {
      context: join(projectRoot, 'fixtures', 'node-app'),
      env,
    });

  const [user = '', password = ''] = registry.login!.split(':');
  const refused = await push();
  t.is(refused.code, 6, refused.stderr);
  t.regex(refused.stderr, /tsbuild login/);

  const login = await runTsbuild(['login', '-u', user, '--password-stdin', registry.host], {
    store: space.store,
    env,
    input: `${password}\n`,
  });
  t.is(login.code, 0, login.stderr);
  assertBuilt(t, await push());
  const written = JSON.parse(readFileSync(metadata, 'utf8')) as Record<string, unknown>;

  const podman = podmanOf(t);
  t.teardown(() => void podman.run(['rm', '--force', '--ignore', 'app']));
  const digest = String(written['containerimage.digest']);
  const image = `${registry.host}/team/app@${digest}`;
  podman.run([...RUN, '--authfile', join(docker, 'config.json'), image]);
  for (let attempt = 0; ; attempt++) {
    const port = /port (\d+)/.exec(podman.run(['logs', 'app']))?.[1];
    if (port !== undefined) {
      t.like(await (await fetch(`http://127.0.0.1:${port}/health`)).json(), { status: 'ok' });
      break;
    }
    if (attempt === ANSWER_ATTEMPTS) throw new Error('the application did not say its port');
    await delay(100);
  }
});
