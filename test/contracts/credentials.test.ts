// Credentials between tsbuild, skopeo and podman, with docker-registry and its basic authentication: what one has
// kept, the others use.
import type { ExecutionContext } from 'ava';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { login } from '../../src/api/login.js';
import { logout } from '../../src/api/logout.js';
import { parseReference } from '../../src/oci/reference.js';
import { makeClient } from '../support/registry-client.js';
import { pushToRegistry, startRealRegistry, type RealRegistry } from '../support/real-registry.js';
import { testNeeding } from '../support/requirements.js';
import { sha256 } from '../support/fake-registry.js';
import { tempDir } from '../support/temp-store.js';

const USER = { username: 'testuser', password: 'testpass' };
const INDEX = 'application/vnd.oci.image.index.v1+json';
const DOCUMENT = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [] }));

interface World {
  readonly registry: RealRegistry;
  readonly env: Record<string, string>;
  /** docker's config.json. */
  readonly file: string;
}

async function world(t: ExecutionContext, config?: object): Promise<World> {
  const registry = await startRealRegistry({ hasAuth: true });
  t.teardown(() => registry.stop());
  const document = { repository: 'app', name: '1', blobs: new Map(), document: DOCUMENT, type: INDEX };
  await pushToRegistry(registry, document);
  const HOME = tempDir(t);
  const env = { HOME, PATH: process.env['PATH'] ?? '', XDG_RUNTIME_DIR: join(HOME, 'run') };
  mkdirSync(env.XDG_RUNTIME_DIR);
  const file = join(HOME, '.docker', 'config.json');
  if (config) {
    mkdirSync(dirname(file));
    writeFileSync(file, JSON.stringify(config, null, '\t'));
  }
  return { registry, env, file };
}

interface Ended {
  readonly code: number;
  readonly output: string;
}

function run(program: string, args: readonly string[], env: Record<string, string>): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(program, args, { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: `${stdout}${stderr}` }),
    );
  });
}

const tagsAs = ({ registry, env }: World) =>
  run('skopeo', ['list-tags', '--tls-verify=false', `docker://${registry.host}/app`], env);

/** What the registry says to us with the credentials that the environment leads to. */
const digestAs = async (t: ExecutionContext, { registry }: World, env: Record<string, string>) =>
  String((await makeClient(t, { env }).client.resolve(parseReference(`${registry.host}/app:1`))).digest);

testNeeding('registry', 'skopeo')('skopeo uses what tsbuild has kept in config.json', async (t) => {
  const place = await world(t, { HttpHeaders: { a: 'b' } });
  t.not((await tagsAs(place)).code, 0);
  await login({ registry: place.registry.host, ...USER }, { env: place.env });
  const seen = await tagsAs(place);
  t.is(seen.code, 0, seen.output);
  t.like(JSON.parse(readFileSync(place.file, 'utf8')), { HttpHeaders: { a: 'b' } });
  await logout({ registry: place.registry.host }, { env: place.env });
  t.not((await tagsAs(place)).code, 0);
});

testNeeding('registry', 'podman')('podman takes over what tsbuild has kept', async (t) => {
  const place = await world(t);
  const authFile = join(place.env['HOME']!, 'auth.json');
  await login({ registry: place.registry.host, ...USER, authFile }, { env: place.env });
  const args = ['login', '--tls-verify=false', '--authfile', authFile, place.registry.host];
  const seen = await run('podman', args, place.env);
  t.true(seen.output.includes('Existing credentials are valid'), seen.output);
});

testNeeding('registry', 'skopeo')(
  'tsbuild uses what skopeo and podman have kept, where they keep it',
  async (t) => {
    const place = await world(t);
    await t.throwsAsync(digestAs(t, place, place.env), { message: /401|authorization/ });
    const args = [
      'login',
      '--tls-verify=false',
      '-u',
      USER.username,
      '-p',
      USER.password,
      place.registry.host,
    ];
    const done = await run('skopeo', args, place.env);
    t.is(done.code, 0, done.output);
    t.is(await digestAs(t, place, place.env), sha256(DOCUMENT));
    const [out] = await logout({ registry: place.registry.host }, { env: place.env });
    t.deepEqual(out, {
      registry: place.registry.host,
      isRemoved: false,
      stillIn: join(place.env['XDG_RUNTIME_DIR']!, 'containers', 'auth.json'),
    });
  },
);

testNeeding('registry', 'skopeo')('a file of skopeo with paths is read and written', async (t) => {
  const place = await world(t);
  const authFile = join(place.env['HOME']!, 'auth.json');
  const scoped = `${place.registry.host}/app`;
  const args = ['login', '--tls-verify=false', '--authfile', authFile, '-u', USER.username, '-p', USER.password, scoped]; // prettier-ignore
  const done = await run('skopeo', args, place.env);
  t.is(done.code, 0, done.output);
  const env = { ...place.env, REGISTRY_AUTH_FILE: authFile };
  t.is(await digestAs(t, place, env), sha256(DOCUMENT));
  await t.throwsAsync(
    makeClient(t, { env }).client.resolve(parseReference(`${place.registry.host}/other:1`)),
    { message: /authorization/ },
  );
  await login({ registry: scoped, ...USER, authFile }, { env: place.env });
  t.deepEqual(Object.keys((JSON.parse(readFileSync(authFile, 'utf8')) as { auths: object }).auths), [scoped]);
});

testNeeding('registry')('a wrong password is refused, and DOCKER_AUTH_CONFIG used', async (t) => {
  const place = await world(t);
  const wrong = { registry: place.registry.host, username: 'testuser', password: 'wrong' };
  t.like(await t.throwsAsync(login(wrong, { env: place.env })), { code: 'REGISTRY_UNAUTHORIZED' });
  const auth = Buffer.from('testuser:testpass').toString('base64');
  const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [place.registry.host]: { auth } } }) };
  t.is(await digestAs(t, place, env), sha256(DOCUMENT));
});
