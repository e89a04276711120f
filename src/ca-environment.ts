// The authorities of a request, told to everything that reads the environment.
import { resolve } from 'node:path';
import type { BuildOptions } from './build-options.js';
import type { BuildRequest } from './plan/request.js';

/** The environment with TSBUILD_CA_CERT as the request has it. */
export function withCaCertificates(
  env: NodeJS.ProcessEnv,
  { caCertificates }: Pick<BuildRequest, 'caCertificates'>,
  { cwd = process.cwd() }: BuildOptions,
): NodeJS.ProcessEnv {
  if (caCertificates === undefined) return env;
  return { ...env, TSBUILD_CA_CERT: caCertificates.map((path) => resolve(cwd, path)).join(':') };
}
