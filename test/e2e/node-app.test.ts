// A real application: a web service in TypeScript, multi-stage, its packages from the npm registry, on node:20-slim.
import type { ExecutionContext } from 'ava';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { assertValidImage } from '../support/assert-valid-image.js';
import { projectRoot } from '../support/project-root.js';
import { basesRegistry, testNeeding } from '../support/requirements.js';
import { assertBuilt, workspace } from '../support/workspace.js';

const app = {
  context: join(projectRoot, 'fixtures', 'node-app'),
  env: { TSBUILD_REGISTRY_MIRRORS: `docker.io=${basesRegistry()}` },
};

function npmSecrets(directory: string): string[] {
  return execFileSync(process.execPath, ['scripts/npm-secrets.mjs', directory], { encoding: 'utf8' })
    .trim()
    .split(' ');
}

async function answerOf(url: string): Promise<Response> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      return await fetch(url);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return fetch(url);
}

/**
 * Starts the files of the image with this machine's node, in a folder of its own: what it imports comes from the image
 * alone.
 */
async function serve(t: ExecutionContext, directory: string): Promise<string> {
  const child = spawn(process.execPath, ['dist/server.js'], {
    cwd: directory,
    env: { PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => void child.kill());
  const port = await new Promise<string>((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`the service exited ${code}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      const found = /port (\d+)/.exec(chunk.toString())?.[1];
      if (found) resolve(found);
    });
  });
  return `http://127.0.0.1:${port}`;
}

testNeeding(
  'bases',
  'sandbox',
  'strace',
)('fixtures/node-app builds, answers, and builds again without doing anything', async (t) => {
  t.timeout(600_000);
  const space = workspace(t, {});
  const secrets = npmSecrets(join(space.root, 'secrets'));
  const files = join(space.root, 'files');
  const named = ['-t', 'app:1', ...secrets];
  assertBuilt(
    t,
    await space.build([...named, '--output', `type=local,dest=${files}`, '--output', 'type=image'], app),
  );
  const { config, manifest } = await assertValidImage(
    t,
    join(space.store, 'v1', 'oci'),
    'docker.io/library/app:1',
  );
  t.is(config.config?.['User'], 'node');
  t.deepEqual(config.config?.['ExposedPorts'], { '8080/tcp': {} });
  t.truthy(config.config?.['Healthcheck']);
  t.false(existsSync(join(files, 'app', 'node_modules', 'typescript')));
  t.false(existsSync(join(files, 'root', '.npmrc')));

  const origin = await serve(t, join(files, 'app'));
  t.like(await (await answerOf(`${origin}/health`)).json(), { status: 'ok' });
  const body = JSON.stringify({ target: 'https://example.org/a' });
  const { name } = (await (await fetch(`${origin}/links`, { method: 'POST', body })).json()) as {
    name: string;
  };
  const redirect = await fetch(`${origin}/${name}`, { redirect: 'manual' });
  t.is(redirect.headers.get('location'), 'https://example.org/a');

  const wrapper = ['strace', '-f', '-qq', '-e', 'trace=execve', '-o', join(space.root, 'trace')];
  const again = await space.build(['-q', ...named], { ...app, wrapper });
  assertBuilt(t, again);
  t.is(again.stdout.toString().trim(), manifest.config.digest);
  const calls = execFileSync('grep', ['-c', 'execve', join(space.root, 'trace')], { encoding: 'utf8' });
  t.is(Number(calls), 1);
});
