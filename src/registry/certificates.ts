// Certificates for TLS: extra authorities of --ca-cert, NODE_EXTRA_CA_CERTS and SSL_CERT_FILE for every host, and per
// host those of docker's and podman's certs.d folders (*.crt = authority, *.cert + *.key = client certificate;
// docs.docker.com/engine/security/certificates, containers-certs.d(5)).
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { errnoOf } from '../core/errno.js';
import { TsbuildError } from '../core/errors.js';
import { readCaCertificates } from './ca-certificates.js';

export interface Certificates {
  /** The context for a URL's host (`URL.host`); undefined when Node's default is right. Made once per host. */
  contextFor(host: string): Promise<SecureContext | undefined>;
}

export interface CertificateSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folders that hold one folder per `host[:port]`. */
  readonly folders: readonly string[];
}

interface HostFiles {
  readonly authorities: readonly string[];
  readonly cert?: string;
  readonly key?: string;
}

/** The certs.d folders of docker and podman, of the system and of the user. */
export function certificateFolders(home: string | undefined): string[] {
  const system = ['/etc/containers/certs.d', '/etc/docker/certs.d'];
  return home ? [`${home}/.config/containers/certs.d`, `${home}/.config/docker/certs.d`, ...system] : system;
}

function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoOf(error) ?? '');
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw new TsbuildError('OPTION_INVALID', `cannot read certificates of ${path}`, { cause: error });
  }
}

async function listOptional(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isAbsent(error)) return [];
    throw new TsbuildError('OPTION_INVALID', `cannot read certificates of ${folder}`, { cause: error });
  }
}

/**
 * Folder names under which a host may stand; `.` and `..` are host names to the URL parser and would leave the folder.
 */
function folderNames(host: string): string[] {
  if (host === '.' || host === '..' || host.includes('/')) return [];
  const names = /:\d+$/.test(host) ? [host] : [host, `${host}:443`];
  return host === 'registry-1.docker.io' ? [...names, 'docker.io'] : names;
}

async function readHostFolder(folder: string): Promise<HostFiles> {
  const names = await listOptional(folder);
  const read = async (name: string): Promise<string> => (await readOptional(join(folder, name))) ?? '';
  const authorities = await Promise.all(names.filter((name) => name.endsWith('.crt')).map(read));
  refuseHalfPairs(folder, names);
  const client = names.find((name) => name.endsWith('.cert'));
  if (client === undefined) return { authorities };
  return { authorities, cert: await read(client), key: await read(client.replace(/cert$/, 'key')) };
}

/** A client certificate is two files: with one of them, the registry would refuse for a reason that nobody sees. */
function refuseHalfPairs(folder: string, names: readonly string[]): void {
  for (const [ending, other] of [
    ['.cert', '.key'],
    ['.key', '.cert'],
  ] as const) {
    const half = names.find(
      (name) => name.endsWith(ending) && !names.includes(`${name.slice(0, -ending.length)}${other}`),
    );
    if (half === undefined) continue;
    const missing = `${half.slice(0, -ending.length)}${other}`;
    const hint =
      ending === '.cert'
        ? 'the certificate of an authority ends in .crt'
        : 'put the certificate beside its key';
    throw new TsbuildError('OPTION_INVALID', `${join(folder, half)}: there is no ${missing} beside it`, {
      hint,
    });
  }
}

function buildContext(
  host: string,
  extra: readonly string[],
  files: readonly HostFiles[],
): SecureContext | undefined {
  const authorities = [...extra, ...files.flatMap((file) => file.authorities)];
  const client = files.find((file) => file.cert !== undefined);
  if (authorities.length === 0 && client === undefined) return undefined;
  try {
    return createSecureContext({
      ca: [...rootCertificates, ...authorities],
      ...(client?.cert === undefined ? {} : { cert: client.cert }),
      ...(client?.key === undefined ? {} : { key: client.key }),
    });
  } catch (error) {
    throw new TsbuildError('OPTION_INVALID', `the certificates for ${host} cannot be used`, {
      hint: 'check the PEM files of --ca-cert, NODE_EXTRA_CA_CERTS, SSL_CERT_FILE and certs.d',
      cause: error,
    });
  }
}

/**
 * @throws TsbuildError OPTION_INVALID (from contextFor) when a certificate file is there and cannot be used. A file
 * that a variable names and that is absent adds nothing: trust only ever gets smaller by that.
 */
export function createCertificates({ env, folders }: CertificateSources): Certificates {
  const contexts = new Map<string, Promise<SecureContext | undefined>>();
  let extras: Promise<string[]> | undefined;
  const readExtras = async (): Promise<string[]> => {
    const paths = [env['NODE_EXTRA_CA_CERTS'], env['SSL_CERT_FILE']].filter(
      (path) => path !== undefined && path !== '',
    );
    const texts = await Promise.all([...new Set(paths)].map((path) => readOptional(path ?? '')));
    const given = await readCaCertificates(env);
    return [given, ...texts].filter((text) => text !== undefined);
  };
  const build = async (host: string): Promise<SecureContext | undefined> => {
    extras ??= readExtras();
    const hostFolders = folders.flatMap((folder) => folderNames(host).map((name) => join(folder, name)));
    return buildContext(host, await extras, await Promise.all(hostFolders.map(readHostFolder)));
  };
  return {
    contextFor(host) {
      const known = contexts.get(host);
      if (known) return known;
      const context = build(host);
      contexts.set(host, context);
      return context;
    },
  };
}
