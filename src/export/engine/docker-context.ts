// What docker's client is set to: DOCKER_HOST, else a context of its configuration (docker/cli cli/context/store:
// contexts/meta/<sha256 of the name>/meta.json, certificates in contexts/tls/<the same>/docker).
import { homedir } from 'node:os';
import { join } from 'node:path';
import { digestOf, hexOf } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';
import { readSmallFile } from '../../host/read-small-file.js';
import type { EngineTls, HostText } from './engine-place.js';

type Env = Readonly<Record<string, string | undefined>>;

const MAX_BYTES = 4 << 20;

/** Undefined when docker would take its default socket. @throws TsbuildError ENGINE_UNREACHABLE, CONTEXT_UNREADABLE */
export function dockerSetting(env: Env): HostText | undefined {
  const directory = env['DOCKER_CONFIG'] || join(env['HOME'] || homedir(), '.docker');
  const host = env['DOCKER_HOST'];
  if (host) return { host, from: 'DOCKER_HOST', tls: tlsOfEnv(env, directory) };
  const name = env['DOCKER_CONTEXT'] || currentContext(join(directory, 'config.json'));
  return name === undefined || name === '' || name === 'default' ? undefined : contextOf(directory, name);
}

/** Certificates are asked for by DOCKER_TLS_VERIFY or by the path to them; they are always verified. */
function tlsOfEnv(env: Env, directory: string): EngineTls | undefined {
  if (!env['DOCKER_TLS_VERIFY'] && !env['DOCKER_CERT_PATH']) return undefined;
  return readTls(env['DOCKER_CERT_PATH'] || directory);
}

function readTls(directory: string): EngineTls {
  const read = (name: string): Buffer | undefined => readFile(join(directory, name));
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
}

function currentContext(path: string): string | undefined {
  const config = readJson(path);
  return typeof config?.['currentContext'] === 'string' ? config['currentContext'] : undefined;
}

function contextOf(directory: string, name: string): HostText {
  const from = `the docker context ${name}`;
  const id = hexOf(digestOf(name));
  const path = join(directory, 'contexts', 'meta', id, 'meta.json');
  const endpoints = readJson(path)?.['Endpoints'];
  const docker = isFields(endpoints) ? endpoints['docker'] : undefined;
  const host = isFields(docker) ? docker['Host'] : undefined;
  if (typeof host !== 'string')
    throw new TsbuildError('ENGINE_UNREACHABLE', `${from} has no address in ${path}`, {
      hint: 'choose another one: docker context use default',
    });
  const tls = readTls(join(directory, 'contexts', 'tls', id, 'docker'));
  return { host, from, ...(tls.ca || tls.cert ? { tls } : {}) };
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function readFile(path: string): Buffer | undefined {
  return readSmallFile({ path, name: path, maxBytes: MAX_BYTES });
}

/** Undefined when it is not there. */
function readJson(path: string): Fields | undefined {
  const bytes = readFile(path);
  if (!bytes) return undefined;
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8'));
    return isFields(parsed) ? parsed : undefined;
  } catch (error) {
    throw new TsbuildError('ENGINE_UNREACHABLE', `${path} is not JSON`, {
      hint: `correct ${path}, or say which engine: --load=podman`,
      cause: error,
    });
  }
}
