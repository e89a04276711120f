// `tsbuild version`: a line for people, an object for programs.
import { VERSION } from '../../core/version.js';
import type { CliHost } from '../host.js';

export function runVersion(argv: readonly string[], host: CliHost): Promise<number> {
  const isJson = argv.includes('--json');
  host.stdout.write(isJson ? `${JSON.stringify(versionOf(host))}\n` : `tsbuild ${VERSION}\n`);
  return Promise.resolve(0);
}

/** Members keep their meaning; there may be more of them. */
function versionOf({ arch }: CliHost): object {
  return { name: 'tsbuild', version: VERSION, node: process.versions.node, platform: process.platform, arch };
}
