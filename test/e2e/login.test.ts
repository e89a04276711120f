// `tsbuild login` and `logout` as users meet them: words, exit statuses, and a password that is seen nowhere.
import test, { type ExecutionContext } from 'ava';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answer, type FakeRegistry } from '../support/fake-registry.js';
import { startRegistry } from '../support/registry-for-test.js';
import { tempDir } from '../support/temp-store.js';
import { runTsbuild } from '../support/tsbuild-command.js';

const PASSWORD = 'geheim-3f9a';
const encode = (text: string): string => Buffer.from(text).toString('base64');

async function registryOf(t: ExecutionContext): Promise<FakeRegistry> {
  const registry = await startRegistry(t);
  registry.on(/^\/v2\/$/, (request, response, next) => {
    if (request.headers.authorization === `Basic ${encode(`me:${PASSWORD}`)}`) next();
    else answer(401, { 'www-authenticate': 'Basic realm="r"' })(request, response, next);
  });
  return registry;
}

/** The command with a home of its own. */
function commandIn(t: ExecutionContext) {
  const store = tempDir(t);
  const run = (args: readonly string[], input = '', env: Readonly<Record<string, string>> = {}) =>
    runTsbuild(args, { store, input, env });
  return { run, file: join(store, '.docker', 'config.json') };
}

test('a password from standard input, without one line ending, is checked and kept', async (t) => {
  const registry = await registryOf(t);
  const { run, file } = commandIn(t);
  const done = await run(['login', '-u', 'me', '--password-stdin', registry.host], `${PASSWORD}\r\n`);
  t.is(done.stdout.toString(), 'Login Succeeded\n', done.stderr);
  t.is(done.code, 0);
  t.true(done.stderr.includes(`Your credentials are stored unencrypted in '${file}'`));
  t.false(done.stderr.includes(PASSWORD));
  t.deepEqual(JSON.parse(readFileSync(file, 'utf8')), {
    auths: { [registry.host]: { auth: encode(`me:${PASSWORD}`) } },
  });
  const out = await run(['logout', registry.host], '', {
    DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [registry.host]: { auth: encode('a:b') } } }),
  });
  t.is(out.stdout.toString(), `Removing login credentials for ${registry.host}\n`);
  t.is(out.stderr, `WARNING: DOCKER_AUTH_CONFIG still gives credentials for ${registry.host}\n`);
  t.is((await run(['logout', registry.host])).stdout.toString(), `Not logged in to ${registry.host}\n`);
});

test('-p warns, and - stands for standard input', async (t) => {
  const registry = await registryOf(t);
  const { run } = commandIn(t);
  const plain = await run(['login', '-u', 'me', '-p', PASSWORD, registry.host]);
  t.true(plain.stderr.startsWith('WARNING! Using --password is insecure. Use --password-stdin.\n'));
  t.is(plain.code, 0);
  const dash = await run(['login', '-u', 'me', '-p', '-', registry.host], PASSWORD);
  t.is(dash.stdout.toString(), 'Login Succeeded\n', dash.stderr);
  t.false(`${plain.stderr}${dash.stderr}`.includes(PASSWORD));
});

test('a wrong password is refused in the words of the registry, seen nowhere even with --debug', async (t) => {
  const registry = await registryOf(t);
  const { run } = commandIn(t);
  const done = await run(['login', '--debug', '-u', 'you', '--password-stdin', registry.host], PASSWORD);
  t.is(done.code, 6);
  t.true(
    done.stderr.startsWith(
      `ERROR: login to ${registry.host} failed: unexpected status from GET request to ${registry.origin}/v2/: 401 Unauthorized\n` +
        'hint: check the user name and the password',
    ),
    done.stderr,
  );
  t.false(done.stderr.includes(PASSWORD) || done.stderr.includes(encode(`you:${PASSWORD}`)));
});

for (const [what, args, message] of [
  ['--password-stdin without a name', ['--password-stdin'], 'must provide --username with --password-stdin'],
  [
    'both passwords',
    ['-u', 'a', '-p', 'b', '--password-stdin'],
    '--password and --password-stdin are mutually',
  ],
  ['no terminal to ask on', ['-u', 'a'], 'cannot ask for a user name and a password without a terminal'],
  ['two registries', ['-u', 'a', 'b', 'c'], '"tsbuild login" takes one registry, but 2 arguments were given'],
  ['an empty password', ['-u', 'a', '--password-stdin'], 'cannot log in: the password is empty'],
  ['plain http', ['-u', 'a', '-p', 'b', 'http://r.example'], 'a password is not sent over plain http'],
  ['a path', ['-u', 'a', '-p', 'b', 'r.example/team'], 'credentials in config.json are for a whole registry'],
] as const) {
  test(`login is refused with ${what}`, async (t) => {
    const done = await commandIn(t).run(['login', ...args]);
    t.is(done.code, 2);
    t.true(done.stderr.includes(`ERROR: `) && done.stderr.includes(message), done.stderr);
  });
}

test('a host that is not there, and one that is no registry, are named', async (t) => {
  const { run } = commandIn(t);
  const none = await run(['login', '-u', 'a', '-p', 'b', 'no-such-host.invalid']);
  t.is(none.code, 6);
  t.regex(
    none.stderr,
    /ERROR: login to no-such-host\.invalid failed: GET https:\/\/no-such-host\.invalid\/v2\/: /,
  );
  const site = await startRegistry(t);
  site.on(/^\/v2\/$/, answer(404));
  const wrong = await run(['login', '-u', 'a', '-p', 'b', site.host]);
  t.regex(wrong.stderr, /404 Not Found\nhint: check the name: .* has no registry at \/v2\/\n$/);
});

test('logout with --all takes no registry', async (t) => {
  const done = await commandIn(t).run(['logout', '--all', 'r.example']);
  t.is(done.code, 2);
  t.true(done.stderr.includes('--all and "r.example" are mutually exclusive'), done.stderr);
});
