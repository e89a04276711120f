// `tsbuild logs --build [ID]`: what a build has printed, made anew from the events that were kept.
import type { BuildEvent, BuildLog } from '../../index.js';
import { callOptions } from '../call-options.js';
import type { CliHost } from '../host.js';
import { createPlainRenderer } from '../render/plain.js';
import { escapeMessage } from '../render/escape.js';

/**
 * Prints on standard output what `--progress plain` would have, with the times of the build.
 * @param id or its beginning; default the last build
 * @throws TsbuildError OPTION_INVALID when there is no such log, STORE_*, ABORTED
 */
export async function printBuildLog(id: string | undefined, host: CliHost): Promise<number> {
  const api = await host.loadApi();
  const log = await api.buildLog(id, callOptions(host));
  replay(log.events, (text) => void host.stdout.write(text));
  host.stdout.write(endOf(log));
  return 0;
}

/** As the events came: the clock of the renderer is theirs. */
function replay(events: readonly BuildEvent[], write: (text: string) => void): void {
  let time = 0;
  const renderer = createPlainRenderer({ write, now: () => time });
  for (const event of events) {
    if ('time' in event) time = event.time;
    renderer.onEvent(event);
  }
  renderer.finish();
}

function endOf({ build }: BuildLog): string {
  const { status, error, digest } = build;
  if (status === 'error' && error)
    return `ERROR: ${escapeMessage(error.message)}\n${error.hint === undefined ? '' : `hint: ${escapeMessage(error.hint)}\n`}`;
  if (status === 'done') return digest === undefined ? '' : `image ${digest}\n`;
  return status === 'canceled'
    ? 'The build was interrupted.\n'
    : 'The build has not ended, or it was killed.\n';
}
