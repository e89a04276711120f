// `tsbuild version`.
import type { CliHost } from '../host.js';
import { VERSION } from '../version.js';

export function runVersion(_argv: readonly string[], host: CliHost): Promise<number> {
  host.stdout.write(`tsbuild ${VERSION}\n`);
  return Promise.resolve(0);
}
