import test from 'ava';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { credentialFiles } from '../../../src/registry/credential-files.js';
import { createCredentialStore } from '../../../src/registry/credentials.js';

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
  const env = dockerConfig({
    auths: {
      'a.io': { auth: encode('me:p:w\0') },
      'https://b.io': { username: 'me', password: 'pw' },
      'c.io': { identitytoken: 'it', auth: encode('me:') },
      'd.io': { registrytoken: 'rt' },
      'e.io': {},
    },
  });
  const store = createCredentialStore(env);
  const from = join(env.DOCKER_CONFIG, 'config.json');
  t.deepEqual(await store.lookup('a.io', 'x'), { username: 'me', password: 'p:w', from });
  t.deepEqual(await store.lookup('b.io', 'x'), { username: 'me', password: 'pw', from });
  t.deepEqual(await store.lookup('c.io', 'x'), { username: 'me', password: '', identityToken: 'it', from });
  t.deepEqual(await store.lookup('d.io', 'x'), { registryToken: 'rt', from });
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

const authsOf = (names: Record<string, string>) => ({
  auths: Object.fromEntries(
    Object.entries(names).map(([host, user]) => [host, { auth: encode(`${user}:pw`) }]),
  ),
});

test("the files are docker's and podman's, in their order", (t) => {
  const env = { HOME: '/h', XDG_RUNTIME_DIR: '/run/user/7', REGISTRY_AUTH_FILE: '/h/auth.json' };
  t.deepEqual(credentialFiles(env, 7), [
    '/h/auth.json',
    '/h/.docker/config.json',
    '/run/user/7/containers/auth.json',
    '/h/.config/containers/auth.json',
    '/h/.dockercfg',
  ]);
  t.deepEqual(credentialFiles({ HOME: '/h', DOCKER_CONFIG: '/d', XDG_CONFIG_HOME: '/c' }, 7), [
    '/d/config.json',
    '/run/containers/7/auth.json',
    '/c/containers/auth.json',
    '/h/.dockercfg',
  ]);
  t.deepEqual(credentialFiles({}, undefined), []);
});

test('the first that knows the registry decides, and says where it stands', async (t) => {
  const [home, runtime] = [folder(), folder()];
  const file = {
    docker: join(home, '.docker/config.json'),
    runtime: join(runtime, 'containers/auth.json'),
    config: join(home, '.config/containers/auth.json'),
    legacy: join(home, '.dockercfg'),
  };
  write(file.docker, authsOf({ 'a.io': 'docker', 'b.io': 'docker' }));
  write(file.runtime, authsOf({ 'b.io': 'podman', 'c.io': 'podman' }));
  write(file.config, authsOf({ 'c.io': 'kept', 'd.io': 'kept' }));
  write(file.legacy, { 'd.io': {}, 'https://e.io/v1/': { auth: encode('old:pw'), email: 'me@e.io' } });
  const store = createCredentialStore({ HOME: home, XDG_RUNTIME_DIR: runtime });
  t.like(await store.lookup('a.io', 'x'), { username: 'docker', from: file.docker });
  t.like(await store.lookup('b.io', 'x'), { username: 'docker', from: file.docker });
  t.like(await store.lookup('c.io', 'x'), { username: 'podman', from: file.runtime });
  t.like(await store.lookup('d.io', 'x'), { username: 'kept', from: file.config });
  t.like(await store.lookup('e.io', 'x'), { username: 'old', from: file.legacy });
});

test('DOCKER_AUTH_CONFIG comes before every file and every helper', async (t) => {
  const store = createCredentialStore({
    ...dockerConfig({ ...authsOf({ 'b.io': 'file' }), credHelpers: { 'a.io': 'nosuch' } }),
    DOCKER_AUTH_CONFIG: JSON.stringify(authsOf({ 'a.io': 'env', 'https://index.docker.io/v1/': 'hub' })),
  });
  t.like(await store.lookup('a.io', 'x'), { username: 'env', from: 'DOCKER_AUTH_CONFIG' });
  t.like(await store.lookup('docker.io', 'x'), { username: 'hub' });
  t.like(await store.lookup('b.io', 'x'), { username: 'file' });
});

for (const [name, value, message] of [
  ['not JSON', '{"auths": geheim', 'DOCKER_AUTH_CONFIG: not JSON'],
  ['a helper', '{"auths":{},"credsStore":"x"}', 'DOCKER_AUTH_CONFIG: unknown field "credsStore"'],
  [
    'a password beside auth',
    '{"auths":{"a.io":{"password":"geheim"}}}',
    'DOCKER_AUTH_CONFIG: unknown field "password" of auths["a.io"]',
  ],
] as const) {
  test(`DOCKER_AUTH_CONFIG is refused with ${name}`, async (t) => {
    const store = createCredentialStore({ DOCKER_AUTH_CONFIG: value });
    const error = await t.throwsAsync(store.lookup('a.io', 'x'), { message });
    t.like(error, { code: 'CREDENTIALS_INVALID' });
    t.false(JSON.stringify(error).includes('geheim'));
  });
}

test('a file that REGISTRY_AUTH_FILE names must be there', async (t) => {
  const error = await t.throwsAsync(
    createCredentialStore({ REGISTRY_AUTH_FILE: '/nowhere/auth.json' }).lookup('a.io', 'x'),
    { message: 'cannot read /nowhere/auth.json: no such file' },
  );
  t.like(error, {
    code: 'CREDENTIALS_INVALID',
    hint: '--authfile or REGISTRY_AUTH_FILE names it: correct the path, or make it with tsbuild login',
  });
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
  const env = withHelper(
    { credHelpers: { 'a.io': 'test' }, credsStore: 'test', auths: { 'b.io': {} } },
    script,
  );
  const store = createCredentialStore(env);
  const rest = { password: 'pw', from: `docker-credential-test of ${env['DOCKER_CONFIG']}/config.json` };
  t.deepEqual(await store.lookup('a.io', 'x'), { username: 'get a.io', ...rest });
  t.deepEqual(await store.lookup('b.io', 'x'), { username: 'get b.io', ...rest });
  t.deepEqual(await store.lookup('docker.io', 'x'), { username: 'get https://index.docker.io/v1/', ...rest });
});

test('a helper may answer with a token, or know nothing', async (t) => {
  const token = withHelper({ credsStore: 'test' }, 'echo \'{"Username":"<token>","Secret":"refresh"}\'');
  t.like(await createCredentialStore(token).lookup('a.io', 'x'), { identityToken: 'refresh' });
  const none = withHelper({ credsStore: 'test' }, 'echo "credentials not found in native keychain"; exit 1');
  t.is(await createCredentialStore(none).lookup('a.io', 'x'), undefined);
});

test('a helper that is not installed is named in a note, and the credentials are looked for elsewhere', async (t) => {
  const home = folder();
  const config = join(home, '.docker/config.json');
  write(config, { credsStore: 'desktop', auths: { 'a.io': {} } });
  write(join(home, '.config/containers/auth.json'), authsOf({ 'b.io': 'podman' }));
  const notes: string[] = [];
  const store = createCredentialStore(
    { HOME: home, PATH: '/nowhere' },
    { note: (message) => notes.push(message) },
  );
  t.deepEqual(await store.lookup('a.io', 'x'), {
    from: `docker-credential-desktop, which ${config} names and which cannot be started`,
  });
  t.like(await store.lookup('b.io', 'x'), { username: 'podman' });
  t.deepEqual(notes, [
    `cannot start docker-credential-desktop of ${config} (executable file not found in $PATH): going on without ` +
      'its credentials; install it, or remove "desktop" from that file',
  ]);
});

test('a helper may read the variables of the environment', async (t) => {
  const script = 'echo "{\\"Username\\":\\"$AWS_PROFILE\\",\\"Secret\\":\\"pw\\"}"';
  const env = { ...withHelper({ credsStore: 'test' }, script), AWS_PROFILE: 'team' };
  t.like(await createCredentialStore(env).lookup('a.io', 'x'), { username: 'team' });
});

test('a helper that fails or answers nonsense is named', async (t) => {
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
