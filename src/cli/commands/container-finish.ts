// `tsbuild container-finish ID`: what the monitor of a container becomes when the container has ended. Not for users.
import { callOptions } from '../call-options.js';
import type { CliHost } from '../host.js';

export async function runContainerFinish([id = '']: readonly string[], host: CliHost): Promise<number> {
  const api = await host.loadApi();
  await api.finishContainer(id, callOptions(host));
  return 0;
}
