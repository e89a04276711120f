// Where an engine is looked for: what docker's settings say, then the usual sockets, then commands.
import test from 'ava';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dockerSetting } from '../../../../src/export/engine/docker-context.js';
import { parseEngineHost } from '../../../../src/export/engine/engine-place.js';
import { enginePlaces } from '../../../../src/export/engine/engine-places.js';
import { tempDir } from '../../../support/temp-store.js';

const from = 'DOCKER_HOST';

test('addresses of engines', (t) => {
  t.like(parseEngineHost({ host: 'unix:///run/d.sock', from }), { kind: 'socket', path: '/run/d.sock' });
  t.like(parseEngineHost({ host: 'tcp://h', from }), { kind: 'tcp', host: 'h', port: 2375 });
  t.like(parseEngineHost({ host: 'tcp://h', from, tls: {} }), { kind: 'tcp', port: 2376, tls: {} });
  t.like(parseEngineHost({ host: 'tcp://[::1]:80', from }), { kind: 'tcp', host: '::1', port: 80 });
  t.like(parseEngineHost({ host: 'https://h:1', from }), { kind: 'tcp', port: 1, tls: {} });
  t.like(parseEngineHost({ host: 'ssh://u@h', from }), {
    kind: 'command',
    program: 'docker',
    env: { DOCKER_HOST: 'ssh://u@h' },
  });
  for (const host of ['', 'h:2375', 'unix://rel', 'npipe:////./pipe/x', 'fd://', 'tcp://', 'tcp://a b'])
    t.throws(() => parseEngineHost({ host, from }), { code: 'ENGINE_UNREACHABLE' }, host);
});

test('without settings: sockets of docker, of podman, then commands', (t) => {
  const env = { HOME: tempDir(t), XDG_RUNTIME_DIR: '/run/user/1' };
  const labels = (engine?: 'docker' | 'podman' | 'nerdctl') =>
    enginePlaces(engine, env).places.map(({ label }) => label);
  const docker = ['/var/run/docker.sock', '/run/user/1/docker.sock'];
  const podman = ['/run/user/1/podman/podman.sock', '/run/podman/podman.sock', 'podman load'];
  t.deepEqual(labels(), [...docker, ...podman, 'nerdctl load']);
  t.deepEqual(labels('docker'), docker);
  t.deepEqual(labels('podman'), podman);
  t.deepEqual(labels('nerdctl'), ['nerdctl load']);
});

test('DOCKER_HOST is the only place, but not for podman', (t) => {
  const env = { HOME: tempDir(t), DOCKER_HOST: 'tcp://h:1' };
  t.like(enginePlaces(undefined, env), { isGiven: true, places: [{ kind: 'tcp' }] });
  t.like(enginePlaces('docker', env), { isGiven: true, places: [{ kind: 'tcp' }] });
  t.false(enginePlaces('podman', env).places.some(({ kind }) => kind === 'tcp'));
});

test('contexts of docker, with their certificates', (t) => {
  const directory = tempDir(t);
  const env = { DOCKER_CONFIG: directory };
  t.is(dockerSetting(env), undefined);
  writeFileSync(join(directory, 'config.json'), '{"currentContext":"lab"}');
  t.throws(() => dockerSetting(env), {
    code: 'ENGINE_UNREACHABLE',
    message: /the docker context lab has no address/,
  });
  const id = createHash('sha256').update('lab').digest('hex');
  const meta = join(directory, 'contexts', 'meta', id);
  mkdirSync(meta, { recursive: true });
  writeFileSync(join(meta, 'meta.json'), '{"Name":"lab","Endpoints":{"docker":{"Host":"tcp://lab:2376"}}}');
  t.deepEqual(dockerSetting(env), { host: 'tcp://lab:2376', from: 'the docker context lab' });
  const certificates = join(directory, 'contexts', 'tls', id, 'docker');
  mkdirSync(certificates, { recursive: true });
  writeFileSync(join(certificates, 'ca.pem'), 'CA');
  t.is(dockerSetting(env)?.tls?.ca?.toString(), 'CA');
  t.is(dockerSetting({ ...env, DOCKER_CONTEXT: 'default' }), undefined);
  t.is(dockerSetting({ ...env, DOCKER_HOST: 'unix:///x' })?.host, 'unix:///x');
  writeFileSync(join(directory, 'ca.pem'), 'OWN');
  const tls = dockerSetting({ ...env, DOCKER_HOST: 'tcp://h', DOCKER_TLS_VERIFY: '1' })?.tls;
  t.is(tls?.ca?.toString(), 'OWN');
  t.is(dockerSetting({ ...env, DOCKER_HOST: 'tcp://h' })?.tls, undefined);
  writeFileSync(join(directory, 'config.json'), '{');
  t.throws(() => dockerSetting(env), { code: 'ENGINE_UNREACHABLE', message: /config\.json is not JSON/ });
});
