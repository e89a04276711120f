// --authfile and --ca-cert: settings of the environment, given as options.
import { resolve } from 'node:path';
import type { CliHost } from './host.js';
import type { ParsedArguments } from './typed-arguments.js';

/** The files of --ca-cert, else of TSBUILD_CA_CERT, where colons part them. */
export function caCertificatesOf(args: Pick<ParsedArguments, 'list'>): string[] {
  return args.list('ca-cert').flatMap((text) => text.split(':').filter(Boolean));
}

/**
 * The host with the environment as --authfile and --ca-cert make it: what talks to registries reads it there. For every
 * command with these options.
 */
export function withRegistrySettings(args: Pick<ParsedArguments, 'list' | 'text'>, host: CliHost): CliHost {
  const authFile = args.text('authfile');
  const certificates = caCertificatesOf(args).map((path) => resolve(host.cwd, path));
  if (authFile === undefined && certificates.length === 0) return host;
  const env = {
    ...host.env,
    ...(authFile === undefined ? {} : { REGISTRY_AUTH_FILE: resolve(host.cwd, authFile) }),
    ...(certificates.length === 0 ? {} : { TSBUILD_CA_CERT: certificates.join(':') }),
  };
  // Not a copy: its streams are opened when they are read.
  return Object.create(host, { env: { value: env, enumerable: true } }) as CliHost;
}
