import type { CliHost } from '../host.js';
export async function runInit(_argv: readonly string[], _host: CliHost): Promise<number> {
  return 0;
}
