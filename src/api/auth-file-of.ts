// The file in which `login` and `logout` keep and remove credentials.
import { resolve } from 'node:path';
import type { BuildOptions } from '../build-options.js';
import { TsbuildError } from '../core/errors.js';
import { dockerConfigFile } from '../registry/credential-files.js';

export interface ChosenAuthFile {
  readonly file: string;
  /** By --authfile or REGISTRY_AUTH_FILE, as podman has it; else it is docker's config.json. */
  readonly isNamed: boolean;
}

/** @throws TsbuildError OPTION_INVALID when nothing says where a file is */
export function authFileOf(
  named: string | undefined,
  { env = process.env, cwd = process.cwd() }: BuildOptions,
): ChosenAuthFile {
  const given = named || env['REGISTRY_AUTH_FILE'];
  if (given) return { file: resolve(cwd, given), isNamed: true };
  const file = dockerConfigFile(env);
  if (file !== '') return { file, isNamed: false };
  throw new TsbuildError('OPTION_INVALID', 'there is no place for credentials: HOME is not set', {
    hint: 'name a file with --authfile, or set DOCKER_CONFIG',
  });
}
