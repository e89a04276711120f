import test, { type ExecutionContext } from 'ava';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { login, type LoginRequest } from '../../../src/api/login.js';
import { logout } from '../../../src/api/logout.js';
import type { TsbuildError } from '../../../src/core/errors.js';
import { parseServerName } from '../../../src/registry/login/server-name.js';
import { answer, type FakeRegistry } from '../../support/fake-registry.js';
import { startRegistry } from '../../support/registry-for-test.js';

const PASSWORD = 'geheim-3f9a';
const encode = (pair: string): string => Buffer.from(pair).toString('base64');
const denied = (headers: Record<string, string> = {}) =>
  answer(401, headers, { errors: [{ code: 'UNAUTHORIZED', message: `no such pair: ${PASSWORD}` }] });

/** A home, and the config.json in it. */
function home(content?: object | string): { env: Record<string, string>; file: string } {
  const HOME = mkdtempSync(join(tmpdir(), 'login-'));
  const file = join(HOME, '.docker', 'config.json');
  if (content !== undefined) {
    mkdirSync(dirname(file));
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  }
  return { env: { HOME, PATH: '/nowhere' }, file };
}

/** A helper `docker-credential-NAME` that keeps its arguments and its input, and answers as told. */
function helper(env: Record<string, string>, name: string, script = ''): string {
  const folder = mkdtempSync(join(tmpdir(), 'helper-'));
  const program = join(folder, `docker-credential-${name}`);
  writeFileSync(
    program,
    `#!/bin/sh\necho "$@" >>${folder}/arguments\n/bin/cat >>${folder}/input\n${script}\n`,
  );
  chmodSync(program, 0o755);
  env['PATH'] = folder;
  return folder;
}

async function basicRegistry(t: ExecutionContext): Promise<FakeRegistry> {
  const registry = await startRegistry(t);
  registry.on(/^\/v2\/$/, (request, response, next) => {
    if (request.headers.authorization === `Basic ${encode(`me:${PASSWORD}`)}`) next();
    else denied({ 'www-authenticate': 'Basic realm="test"' })(request, response, next);
  });
  return registry;
}

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const requestFor = (registry: string, more: Partial<LoginRequest> = {}): LoginRequest => ({
  registry,
  username: 'me',
  password: PASSWORD,
  ...more,
});

async function failureOf(t: ExecutionContext, work: Promise<unknown>): Promise<TsbuildError> {
  const error = (await t.throwsAsync(work)) as TsbuildError;
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const text = `${at.message}${at.stack}${JSON.stringify(at)}`;
    t.false(text.includes(PASSWORD) || text.includes(encode(`me:${PASSWORD}`)), text);
  }
  return error;
}

const AT_FIRST = `{
\t"auths": {
\t\t"https://other.io": {"auth": "eDp5", "email": "me@other.io"}
\t},
\t"HttpHeaders": {"User-Agent": "mine"},
\t"psFormat": "table {{.ID}}"
}`;

test('a login is kept in config.json beside everything that stands there, for its owner alone', async (t) => {
  const registry = await basicRegistry(t);
  const { env, file } = home(AT_FIRST);
  chmodSync(file, 0o644);
  t.deepEqual(await login(requestFor(registry.host), { env }), {
    registry: registry.host,
    keptIn: file,
    isPlain: true,
    isChecked: true,
  });
  t.is(
    readFileSync(file, 'utf8'),
    `${JSON.stringify(
      {
        auths: {
          'https://other.io': { auth: 'eDp5', email: 'me@other.io' },
          [registry.host]: { auth: encode(`me:${PASSWORD}`) },
        },
        HttpHeaders: { 'User-Agent': 'mine' },
        psFormat: 'table {{.ID}}',
      },
      null,
      '\t',
    )}\n`,
  );
  t.is(statSync(file).mode & 0o777, 0o600);
  t.deepEqual(readdirSync(dirname(file)), ['config.json']);
});

test('a second form of the name is replaced, since it could be found first', async (t) => {
  const registry = await basicRegistry(t);
  const { env, file } = home({ auths: { [`https://${registry.host}/v1/`]: { auth: encode('old:pw') } } });
  await login(requestFor(`http://${registry.host}/`), { env });
  t.deepEqual(read(file), { auths: { [registry.host]: { auth: encode(`me:${PASSWORD}`) } } });
});

for (const [what, hasTarget] of [
  ['a link', true],
  ['a dangling link', false],
] as const) {
  test(`${what} stays one`, async (t) => {
    const registry = await basicRegistry(t);
    const { env, file } = home({});
    const [folder, link] = [mkdtempSync(join(tmpdir(), 'elsewhere-')), join(dirname(file), 'link.json')];
    const target = join(folder, 'real.json');
    if (hasTarget) writeFileSync(target, '{"mine":1}');
    symlinkSync(target, link);
    await login(requestFor(registry.host, { authFile: link }), { env });
    t.true(lstatSync(link).isSymbolicLink());
    t.deepEqual(Object.keys(read(target) as object), hasTarget ? ['mine', 'auths'] : ['auths']);
    t.deepEqual(readdirSync(folder), ['real.json']);
  });
}

test('a wrong password is refused with what the registry said, and nothing is kept', async (t) => {
  const registry = await basicRegistry(t);
  const { env, file } = home();
  const wrong = { registry: registry.host, username: 'me', password: 'wrong' };
  t.like(await t.throwsAsync(login(wrong, { env })), {
    code: 'REGISTRY_UNAUTHORIZED',
    message: `login to ${registry.host} failed: unexpected status from GET request to ${registry.origin}/v2/: 401 Unauthorized: unauthorized: no such pair: ${PASSWORD}`,
    hint: 'check the user name and the password; an account with two-factor log-in wants an access token',
  });
  t.throws(() => statSync(file), { code: 'ENOENT' });
});

test('a registry that sends the password back does not get it shown', async (t) => {
  const registry = await startRegistry(t);
  registry.on(/^\/v2\/$/, denied({ 'www-authenticate': 'Basic realm="test"' }));
  const { env } = home();
  const error = await failureOf(t, login(requestFor(registry.host), { env }));
  t.regex(error.message, /no such pair: \*\*\*$/);
});

test('a token server is asked without a scope, and its token shown to the registry', async (t) => {
  const registry = await startRegistry(t);
  registry.on(/^\/token/, (request, response, next) => {
    if (request.headers.authorization === `Basic ${encode(`me:${PASSWORD}`)}`)
      answer(200, {}, { token: 'tok' })(request, response, next);
    else answer(401, {}, { details: 'incorrect username or password' })(request, response, next);
  });
  registry.on(/^\/v2\/$/, (request, response, next) => {
    const challenge = `Bearer realm="${registry.origin}/token",service="s"`;
    if (request.headers.authorization === 'Bearer tok') next();
    else denied({ 'www-authenticate': challenge })(request, response, next);
  });
  const { env } = home();
  t.like(await login(requestFor(registry.host), { env }), { isChecked: true });
  t.true(registry.requests.some(({ url }) => url === '/token?service=s'));
  const error = await failureOf(t, login(requestFor(registry.host, { password: 'wrong' }), { env }));
  t.is(error.code, 'REGISTRY_UNAUTHORIZED');
  t.regex(error.message, /^login to .* failed: failed to authorize: .*401 Unauthorized.*incorrect username/);
});

test('a registry that asks nobody has not checked anything', async (t) => {
  const registry = await startRegistry(t);
  t.like(await login(requestFor(registry.host), { env: home().env }), { isChecked: false });
});

for (const [what, behaviour, code, message] of [
  ['a web site', answer(404), 'REGISTRY_PROTOCOL', /404 Not Found$/],
  [
    'a challenge of no known scheme',
    denied({ 'www-authenticate': 'NTLM' }),
    'REGISTRY_PROTOCOL',
    /asks neither/,
  ],
  [
    'a realm at a metadata address',
    denied({ 'www-authenticate': 'Bearer realm="http://169.254.169.254/"' }),
    'REGISTRY_PROTOCOL',
    /link-local/,
  ],
] as const) {
  test(`${what} is no registry to log in to`, async (t) => {
    const registry = await startRegistry(t);
    registry.on(/^\/v2\/$/, behaviour);
    const { env, file } = home();
    t.like(await failureOf(t, login(requestFor(registry.host), { env })), { code });
    t.regex((await failureOf(t, login(requestFor(registry.host), { env }))).message, message);
    t.throws(() => statSync(file), { code: 'ENOENT' });
  });
}

test('where the registry leads to another host, that one does not get the password', async (t) => {
  const [registry, other] = [await startRegistry(t), await basicRegistry(t)];
  registry.on(/^\/v2\/$/, answer(307, { location: `${other.origin}/v2/` }));
  const error = await failureOf(t, login(requestFor(registry.host), { env: home().env }));
  t.is(error.code, 'REGISTRY_PROTOCOL');
  t.true(error.message.endsWith(`it leads to ${other.host}, which wants the credentials`));
  t.true(other.requests.every(({ headers }) => headers.authorization === undefined));
});

test('a helper gets the password on its input alone, and the file a mark', async (t) => {
  const registry = await basicRegistry(t);
  const { env, file } = home({ credsStore: 'vault', auths: { [registry.host]: { auth: 'b2xkOnB3' } } });
  const folder = helper(env, 'vault');
  t.deepEqual(await login(requestFor(registry.host), { env }), {
    registry: registry.host,
    keptIn: `docker-credential-vault of ${file}`,
    isPlain: false,
    isChecked: true,
  });
  t.is(readFileSync(join(folder, 'arguments'), 'utf8'), 'store\n');
  t.deepEqual(read(join(folder, 'input')), {
    ServerURL: registry.host,
    Username: 'me',
    Secret: PASSWORD,
  });
  t.deepEqual(read(file), { credsStore: 'vault', auths: { [registry.host]: {} } });
});

test('the helper of the machine is taken where nothing is configured, and passed over when it does not work', async (t) => {
  const registry = await basicRegistry(t);
  const working = home();
  helper(working.env, 'secretservice');
  t.like(await login(requestFor(registry.host), { env: working.env }), { isPlain: false });
  t.deepEqual(read(working.file), { auths: { [registry.host]: {} }, credsStore: 'secretservice' });
  const broken = home({});
  helper(broken.env, 'secretservice', 'exit 1');
  t.like(await login(requestFor(registry.host), { env: broken.env }), { keptIn: broken.file, isPlain: true });
  const named = home();
  helper(named.env, 'secretservice');
  const authFile = join(named.env['HOME']!, 'auth.json');
  t.like(await login(requestFor(registry.host, { authFile }), { env: named.env }), { keptIn: authFile });
});

test('a helper that is not installed is named with its file, and the password goes nowhere', async (t) => {
  const registry = await basicRegistry(t);
  const { env, file } = home({ credsStore: 'desktop' });
  const error = await failureOf(t, login(requestFor(registry.host), { env }));
  t.like(error, {
    code: 'CREDENTIALS_INVALID',
    message: `error storing credentials for ${registry.host}: exec: "docker-credential-desktop": executable file not found in $PATH`,
    hint: `check docker-credential-desktop, or remove "desktop" from ${file} to keep credentials in the file`,
  });
  t.deepEqual(read(file), { credsStore: 'desktop' });
});

test('a file that is not JSON stays as it is', async (t) => {
  const registry = await basicRegistry(t);
  const { env, file } = home('{"auths": ');
  t.like(await failureOf(t, login(requestFor(registry.host), { env })), { code: 'CREDENTIALS_INVALID' });
  t.is(readFileSync(file, 'utf8'), '{"auths": ');
});

test('logout removes every form of the name, and says what still gives credentials', async (t) => {
  const entry = { auth: encode('a:b') };
  const { env, file } = home({
    auths: { 'r.io': entry, 'https://r.io/v2/': entry, 'http://R.io': entry, 'r.io.evil': entry },
    keep: 1,
  });
  const more = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { 'r.io': entry } }) };
  t.deepEqual(await logout({ registry: 'r.io' }, { env: { ...env, ...more } }), [
    { registry: 'r.io', isRemoved: true, stillIn: 'DOCKER_AUTH_CONFIG' },
  ]);
  t.deepEqual(read(file), { auths: { 'r.io.evil': entry }, keep: 1 });
  t.deepEqual(await logout({ registry: 'r.io' }, { env }), [{ registry: 'r.io', isRemoved: false }]);
});

test('logout asks the helper for what it has, and removes it there', async (t) => {
  const { env, file } = home({ credHelpers: { 'r.io': 'vault' }, auths: { 'r.io': {} } });
  const script = 'if [ "$1" = get ]; then echo \'{"Username":"u","Secret":"s"}\'; fi';
  const folder = helper(env, 'vault', script);
  t.like((await logout({ registry: 'r.io' }, { env }))[0], { isRemoved: true });
  t.deepEqual(readFileSync(join(folder, 'arguments'), 'utf8').split('\n').slice(0, 2), ['get', 'erase']);
  t.deepEqual(read(file), { credHelpers: { 'r.io': 'vault' }, auths: {} });
});

test('logout of all leaves no entry', async (t) => {
  const entry = { auth: encode('a:b') };
  const { env, file } = home({
    auths: { 'r.io': entry, 'https://index.docker.io/v1/': entry, 'q.io/team': entry },
  });
  t.deepEqual(
    (await logout({ isAll: true }, { env })).map(({ registry }) => registry),
    ['r.io', 'docker.io', 'q.io/team'],
  );
  t.deepEqual(read(file), { auths: {} });
  t.deepEqual(await logout({ isAll: true }, { env: home().env }), []);
});

const rules = { isPathAllowed: false, isPlainAllowed: () => false };

for (const [text, registry, key] of [
  ['', 'docker.io', 'https://index.docker.io/v1/'],
  ['docker.io', 'docker.io', 'https://index.docker.io/v1/'],
  ['https://index.docker.io/v1/', 'docker.io', 'https://index.docker.io/v1/'],
  ['registry-1.docker.io', 'docker.io', 'https://index.docker.io/v1/'],
  ['R.example:5000', 'r.example:5000', 'r.example:5000'],
  ['https://r.example/v2/', 'r.example', 'r.example'],
  ['[::1]:5000', '[::1]:5000', '[::1]:5000'],
] as const) {
  test(`the registry ${JSON.stringify(text)} is ${registry}`, (t) =>
    t.like(parseServerName(text, rules), { registry, key, path: '' }));
}

for (const [text, message] of [
  ['http://r.example', /"http:\/\/r.example": a password is not sent over plain http/],
  ['r.example/team', /for a whole registry/],
  ['not a host', /not a host with an optional port/],
  ['https://me:geheim@r.example', /"r.example": a registry is given without user info/],
] as const) {
  test(`the registry ${text} is refused`, (t) =>
    t.like(
      t.throws(() => parseServerName(text, rules), { message }),
      { code: 'OPTION_INVALID' },
    ));
}

test('with a file of podman, credentials may be for a part of a registry', (t) => {
  t.deepEqual(parseServerName('q.io/team', { ...rules, isPathAllowed: true }), {
    registry: 'q.io',
    path: 'team',
    key: 'q.io/team',
  });
});

test('an empty name or password, and a name with a colon, are refused before anybody is asked', async (t) => {
  for (const [username, password] of [
    ['', 'pw'],
    ['me', ''],
    ['me:you', 'pw'],
  ] as const) {
    // prettier-ignore
    t.like(await t.throwsAsync(login({ username, password }, { env: {} })), { code: 'OPTION_INVALID' });
  }
  t.like(await t.throwsAsync(login({ registry: 'localhost:1', username: 'a', password: 'b' }, { env: {} })), {
    code: 'OPTION_INVALID',
    message: 'there is no place for credentials: HOME is not set',
  });
});
