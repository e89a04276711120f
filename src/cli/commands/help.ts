// `tsbuild help [COMMAND]`.
import { renderHelp } from '../help.js';
import type { CliHost } from '../host.js';

export function runHelp(argv: readonly string[], host: CliHost): Promise<number> {
  host.stdout.write(
    renderHelp(argv[0] === 'check' ? 'check' : 'build', Math.min(host.stdout.columns ?? 100, 120)),
  );
  return Promise.resolve(0);
}
