// --ssh with sockets, with keys of every kind that ssh-keygen makes, and with what is no key.
import { testNeeding } from '../../support/requirements.js';
import test from 'ava';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { openSshAgents } from '../../../src/ssh-agent/ssh-agents.js';
import { tempDir } from '../../support/temp-store.js';

const testWithSsh = testNeeding('ssh');

const KINDS = [
  ['ed25519'],
  ['rsa', '-b', '2048'],
  ['rsa', '-b', '2048', '-m', 'PEM'],
  ['rsa', '-b', '2048', '-m', 'PKCS8'],
  ['ecdsa', '-b', '256'],
  ['ecdsa', '-b', '384'],
  ['ecdsa', '-b', '521'],
  ['ecdsa', '-b', '256', '-m', 'PEM'],
];

function keygen(file: string, kind: readonly string[], passphrase = ''): void {
  execFileSync('ssh-keygen', ['-q', '-N', passphrase, '-C', '', '-f', file, '-t', ...kind]);
}

function placesIn(directory: string, env: NodeJS.ProcessEnv = {}) {
  return { env, cwd: directory, temporaryPath: () => join(directory, 'agent-directory') };
}

testWithSsh(
  'ssh-add lists the keys and ssh-keygen signs with them; nothing is left at the end',
  async (t) => {
    const directory = tempDir(t);
    const names = KINDS.map((_, i) => `key-${i}`);
    for (const [i, kind] of KINDS.entries()) keygen(join(directory, names[i]!), kind);
    const agents = openSshAgents([{ id: 'default', paths: names }], placesIn(directory));
    const socket = await agents.socketOf('default');
    t.is(await agents.socketOf('default'), socket);
    t.is(statSync(socket!).mode & 0o777, 0o600);
    t.is(statSync(dirname(socket!)).mode & 0o777, 0o700);
    const env = { PATH: process.env['PATH'], SSH_AUTH_SOCK: socket };
    const run = async (command: string, ...args: string[]) =>
      (await promisify(execFile)(command, args, { env })).stdout;
    const listed = (await run('ssh-add', '-L')).trim().split('\n');
    const publicKeys = names.map((name) => join(directory, `${name}.pub`));
    t.deepEqual(
      listed.map((line) => line.trim()),
      publicKeys.map((file) => readFileSync(file, 'utf8').trim()),
    );
    // Signs something with the agent's key and verifies it.
    await run('ssh-add', '-T', ...publicKeys);
    await t.throwsAsync(run('ssh-add', '-D'));
    await agents.close();
    t.false(existsSync(dirname(socket!)));
  },
);

testWithSsh('a key with a passphrase is refused', (t) => {
  const directory = tempDir(t);
  for (const [name, kind] of [
    ['openssh', ['ed25519']],
    ['pem', ['rsa', '-b', '2048', '-m', 'PEM']],
    ['pkcs8', ['rsa', '-b', '2048', '-m', 'PKCS8']],
  ] as const) {
    keygen(join(directory, name), kind, 'a passphrase');
    t.throws(() => openSshAgents([{ id: 'x', paths: [name] }], placesIn(directory)), {
      code: 'OPTION_INVALID',
      message: `ssh x: ${join(directory, name)} is a key with a passphrase, which is not supported`,
    });
  }
});

test('what is no key is refused, and does not show in the message', (t) => {
  const directory = tempDir(t);
  const refused = (text: string, message: RegExp): void => {
    writeFileSync(join(directory, 'key'), text);
    t.throws(() => openSshAgents([{ id: 'x', paths: ['key'] }], placesIn(directory)), {
      code: 'OPTION_INVALID',
      message,
    });
  };
  const armor = (bytes: string): string =>
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${Buffer.from(bytes, 'latin1').toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
  const unreadable = /^ssh x: \S+\/key is neither a socket nor a private key that can be read$/;
  for (const text of [
    '',
    'garbage',
    armor('garbage'),
    armor('openssh-key-v1\0'),
    armor('openssh-key-v1\0\0\0\0\x04none\xff\xff\xff\xff'),
  ])
    refused(text, unreadable);
  refused(
    generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    unreadable,
  );
  for (const key of [generateKeyPairSync('ed448'), generateKeyPairSync('ec', { namedCurve: 'secp256k1' })])
    refused(
      key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      /is a key of another kind than/,
    );
  refused('x'.repeat((100 << 10) + 1), /is no private key: it has more than 102400 bytes$/);
  t.throws(() => openSshAgents([{ id: 'x', paths: ['missing'] }], placesIn(directory)), {
    code: 'OPTION_INVALID',
    message: `ssh x: cannot read ${join(directory, 'missing')}: no such file or directory`,
  });
  t.throws(() => openSshAgents([{ id: 'x', paths: ['.'] }], placesIn(directory)), {
    code: 'OPTION_INVALID',
    message: /it is a directory$/,
  });
});

test('sockets are handed on; nothing is made for them', async (t) => {
  const directory = tempDir(t);
  const path = join(directory, 'socket');
  const server = createServer().listen(path);
  await once(server, 'listening');
  t.teardown(() => server.close());
  const sources = [
    { id: 'given', paths: ['socket'] },
    { id: 'given', paths: [] },
    { id: 'own', paths: [] },
  ];
  const agents = openSshAgents(sources, placesIn(directory, { SSH_AUTH_SOCK: '/run/agent' }));
  t.deepEqual(await Promise.all(['given', 'own', 'other'].map((id) => agents.socketOf(id))), [
    path,
    '/run/agent',
    undefined,
  ]);
  t.throws(() => openSshAgents(sources, placesIn(directory)), {
    code: 'OPTION_INVALID',
    message: 'ssh own: no agent: the variable SSH_AUTH_SOCK is not set',
  });
  await agents.close();
  t.deepEqual(readdirSync(directory), ['socket']);
  t.throws(() => openSshAgents([{ id: 'x', paths: ['socket', 'socket'] }], placesIn(directory)), {
    code: 'OPTION_INVALID',
    message: 'ssh x: one socket, or key files, but not both',
  });
});
