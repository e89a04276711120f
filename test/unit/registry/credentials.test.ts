import test from 'ava';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createCredentialStore, credentialFiles } from '../../../src/registry/credentials.js';

const encode = (pair: string): string => Buffer.from(pair).toString('base64');

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'credentials-'));
}

function write(path: string, content: object | string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
}

/** The environment of one docker config file. */
function dockerConfig(content: object | string): { DOCKER_CONFIG: string } {
  const DOCKER_CONFIG = folder();
  write(join(DOCKER_CONFIG, 'config.json'), content);
  return { DOCKER_CONFIG };
}

/** The same with a helper `docker-credential-test` on PATH that runs this shell script. */
function withHelper(content: object, script: string): Record<string, string> {
  const bin = folder();
  write(join(bin, 'docker-credential-test'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, 'docker-credential-test'), 0o755);
  return { ...dockerConfig(content), PATH: `${bin}:${process.env['PATH']}` };
}

test('auth, username and password, tokens; an empty entry says nothing', async (t) => {
  const store = createCredentialStore(
    dockerConfig({
      auths: {
        'a.io': { auth: encode('me:p:w\0') },
        'https://b.io': { username: 'me', password: 'pw' },
        'c.io': { identitytoken: 'it', auth: encode('me:') },
        'd.io': { registrytoken: 'rt' },
        'e.io': {},
      },
    }),
  );
  t.deepEqual(await store.lookup('a.io', 'x'), { username: 'me', password: 'p:w' });
  t.deepEqual(await store.lookup('b.io', 'x'), { username: 'me', password: 'pw' });
  t.deepEqual(await store.lookup('c.io', 'x'), { username: 'me', password: '', identityToken: 'it' });
  t.deepEqual(await store.lookup('d.io', 'x'), { registryToken: 'rt' });
  t.is(await store.lookup('e.io', 'x'), undefined);
  t.is(await store.lookup('f.io', 'x'), undefined);
});

test('Docker Hub is under its legacy key and its other names', async (t) => {
  for (const key of ['https://index.docker.io/v1/', 'docker.io', 'index.docker.io', 'registry-1.docker.io']) {
    const store = createCredentialStore(dockerConfig({ auths: { [key]: { auth: encode('hub:pw') } } }));
    t.is((await store.lookup('docker.io', 'library/x'))?.username, 'hub', key);
    t.is(await store.lookup('docker.io.evil', 'library/x'), undefined);
  }
});

test('kaniko PATH_SCOPED_REGISTRY_AUTH: the longest path wins, and a sibling path is never offered', async (t) => {
  const entry = (user: string) => ({ auth: encode(`${user}:pw`) });
  const store = createCredentialStore(
    dockerConfig({
      auths: { 'r.io/org': entry('org'), 'r.io/org/team': entry('team'), 'other.io/org': entry('other') },
    }),
  );
  t.is((await store.lookup('r.io', 'org/x'))?.username, 'org');
  t.is((await store.lookup('r.io', 'org/team/x'))?.username, 'team');
  t.is((await store.lookup('r.io', 'org/teams/x'))?.username, 'org');
  t.is(await store.lookup('r.io', 'org-evil/x'), undefined);
  t.is(await store.lookup('r.io', 'x'), undefined);
  t.is(await store.lookup('r.io:5000', 'org/x'), undefined);
});

test("the files are docker's and podman's; the first that knows the registry decides", async (t) => {
  const [home, runtime] = [folder(), folder()];
  const auths = (names: Record<string, string>) => ({
    auths: Object.fromEntries(
      Object.entries(names).map(([host, user]) => [host, { auth: encode(`${user}:pw`) }]),
    ),
  });
  const env = { HOME: home, XDG_RUNTIME_DIR: runtime, REGISTRY_AUTH_FILE: join(home, 'auth.json') };
  t.deepEqual(credentialFiles(env), [
    join(home, 'auth.json'),
    join(home, '.docker/config.json'),
    join(runtime, 'containers/auth.json'),
  ]);
  t.deepEqual(credentialFiles({ HOME: home, DOCKER_CONFIG: '/d' }), ['/d/config.json']);
  t.deepEqual(credentialFiles({}), []);
  write(join(home, '.docker/config.json'), auths({ 'a.io': 'docker', 'b.io': 'docker' }));
  write(join(runtime, 'containers/auth.json'), auths({ 'b.io': 'podman', 'c.io': 'podman' }));
  const store = createCredentialStore(env);
  t.is((await store.lookup('a.io', 'x'))?.username, 'docker');
  t.is((await store.lookup('b.io', 'x'))?.username, 'docker');
  t.is((await store.lookup('c.io', 'x'))?.username, 'podman');
});

for (const [name, content] of [
  ['not JSON', '{"auths": geheim'],
  ['not an object', '[]'],
  ['auths a list', { auths: ['geheim'] }],
  ['an entry a text', { auths: { 'a.io': 'geheim' } }],
  ['a field a number', { auths: { 'a.io': { auth: 1 } } }],
  ['auth without a colon', { auths: { 'a.io': { auth: encode('geheim') } } }],
  ['a helper a number', { credHelpers: { 'a.io': 1 } }],
] as const) {
  test(`a bad file is named, its content is not: ${name}`, async (t) => {
    const env = dockerConfig(content);
    const error = await t.throwsAsync(createCredentialStore(env).lookup('a.io', 'x'));
    t.like(error, { code: 'CREDENTIALS_INVALID' });
    t.true(error?.message.includes(join(env.DOCKER_CONFIG, 'config.json')));
    t.false(`${error?.message}${error?.cause}`.includes('geheim'));
  });
}

test('a helper is asked with the server on standard input', async (t) => {
  const script =
    'read server; echo "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"$1 $server\\",\\"Secret\\":\\"pw\\"}"';
  const store = createCredentialStore(
    withHelper({ credHelpers: { 'a.io': 'test' }, credsStore: 'test', auths: { 'b.io': {} } }, script),
  );
  t.deepEqual(await store.lookup('a.io', 'x'), { username: 'get a.io', password: 'pw' });
  t.deepEqual(await store.lookup('b.io', 'x'), { username: 'get b.io', password: 'pw' });
  t.deepEqual(await store.lookup('docker.io', 'x'), {
    username: 'get https://index.docker.io/v1/',
    password: 'pw',
  });
});

test('a helper may answer with a token, or know nothing', async (t) => {
  const token = withHelper({ credsStore: 'test' }, 'echo \'{"Username":"<token>","Secret":"refresh"}\'');
  t.deepEqual(await createCredentialStore(token).lookup('a.io', 'x'), { identityToken: 'refresh' });
  const none = withHelper({ credsStore: 'test' }, 'echo "credentials not found in native keychain"; exit 1');
  t.is(await createCredentialStore(none).lookup('a.io', 'x'), undefined);
});

test('a helper that is missing, fails, or answers nonsense is named', async (t) => {
  const missing = createCredentialStore({
    ...dockerConfig({ credHelpers: { 'a.io': 'nosuch' } }),
    PATH: '/nowhere',
  });
  const error = await t.throwsAsync(missing.lookup('a.io', 'x'), {
    message:
      'error getting credentials for a.io: exec: "docker-credential-nosuch": executable file not found in $PATH',
  });
  t.like(error, { code: 'CREDENTIALS_INVALID' });
  for (const script of ['echo geheim; exit 3', 'echo geheim', 'echo "{}"', 'exec 0<&-; yes geheim']) {
    const store = createCredentialStore(withHelper({ credsStore: 'test' }, script));
    const failure = await t.throwsAsync(store.lookup('a.io', 'x'), {
      message: /docker-credential-test (failed|did not|answered)/,
    });
    t.like(failure, { code: 'CREDENTIALS_INVALID' });
    t.false(`${failure?.message}${failure?.cause}`.includes('geheim'));
  }
});

test('the name of a helper cannot be a path', async (t) => {
  for (const name of ['../../tmp/x', 'a b', 'a/b', 'a;b']) {
    const store = createCredentialStore(dockerConfig({ credsStore: name }));
    await t.throwsAsync(store.lookup('a.io', 'x'), { message: /cannot be the name of a credential helper/ });
  }
});

test('the signal ends a helper', async (t) => {
  const store = createCredentialStore(withHelper({ credsStore: 'test' }, 'exec sleep 60'));
  t.like(await t.throwsAsync(store.lookup('a.io', 'x', AbortSignal.timeout(200))), { code: 'ABORTED' });
});
