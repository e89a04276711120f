// `tsbuild version`.
import { VERSION } from '../../core/version.js';
import type { CliHost } from '../host.js';

export function runVersion(_argv: readonly string[], host: CliHost): Promise<number> {
  host.stdout.write(`tsbuild ${VERSION}\n`);
  return Promise.resolve(0);
}
