// Work of the library, shown while it goes on: its events to a renderer, what it gives or why it failed to the user.
import type { BuildEvent } from '../core/events.js';
import type { BuildOptions } from '../index.js';
import type { CliHost } from './host.js';
import type { ProgressMode } from './options/build-options.js';
import { holdProgress } from './hold-progress.js';
import { createFailedSteps } from './render/failed-steps.js';
import { selectRenderer } from './render/select-renderer.js';
import { renderShell } from './render/shell.js';
import { toldFailure } from './told-failure.js';
import { renderWarnings, type WarningEvent } from './render/warnings.js';

export interface Progress<T> {
  readonly mode: ProgressMode;
  readonly isDebug: boolean;
  readonly host: CliHost;
  /** Says at the end why each step ran. */
  readonly isExplained?: boolean;
  /** The closing lines, for modes that talk. */
  summarise(result: T): string;
}

/** @throws what `work` throws, after the progress has been left in order */
export async function withProgress<T extends object>(
  { mode, isDebug, host, isExplained = false, summarise }: Progress<T>,
  work: (options: BuildOptions) => Promise<T>,
): Promise<T> {
  const renderer = await selectRenderer(mode, host);
  const progress = holdProgress(renderer, (event) =>
    host.stderr.write(renderShell(event, { files: 'as it left them' })),
  );
  const failedSteps = createFailedSteps();
  const warnings: WarningEvent[] = [];
  const told: BuildEvent[] = [];
  let buildId: string | undefined;
  let keptId: string | undefined;
  let isShellSeen = false;
  const onEvent = (event: BuildEvent) => {
    progress.onEvent(event);
    failedSteps.onEvent(event);
    if (event.kind === 'warning') warnings.push(event);
    if (isExplained && (event.kind === 'plan' || event.kind === 'step-end')) told.push(event);
    if (event.kind === 'build') buildId = event.id;
    if (event.kind === 'kept-command') keptId = event.build;
    if (event.kind === 'shell-open') isShellSeen = true;
  };
  const stopRefresh =
    renderer.refreshMilliseconds > 0
      ? host.every(renderer.refreshMilliseconds, progress.refresh)
      : () => undefined;
  const { signal, env, cwd } = host;
  const explain = async () => {
    if (!isExplained) return;
    const { renderWhy } = await import('./render/why.js');
    const { explainSteps } = await import('../core/explain-steps.js');
    host.stderr.write(`\n${renderWhy(explainSteps(told))}\n`);
  };
  const isTalking = mode !== 'quiet' && mode !== 'none' && mode !== 'rawjson';
  try {
    const result = await work({
      onEvent,
      signal,
      // Opened only when it is read.
      get stdin() {
        return host.stdin;
      },
      get stdout() {
        return host.stdout;
      },
      env,
      cwd,
    });
    stopRefresh();
    renderer.finish();
    renderer.conclude?.({ kind: 'done', result });
    if (isTalking) await explain();
    if (isTalking) host.stderr.write(renderWarnings(warnings, { isDebug }) + summarise(result));
    return result;
  } catch (error) {
    stopRefresh();
    renderer.finish();
    if (renderer.conclude) {
      renderer.conclude({ kind: 'failed', error: signal.aborted ? signal.reason : error });
      throw toldFailure(error);
    }
    if (isTalking) await explain();
    if ((isTalking || mode === 'quiet') && !signal.aborted)
      host.stderr.write(
        failedSteps.render() + nameLog(buildId) + nameShell(isShellSeen ? undefined : keptId, host),
      );
    throw error;
  }
}

/** Where all is that the build has said. */
function nameLog(id: string | undefined): string {
  return id === undefined ? '' : `The whole log: tsbuild logs --build ${id}\n`;
}

/** Where a shell would have its terminal. */
function nameShell(id: string | undefined, { stdout }: CliHost): string {
  return id === undefined || stdout.isTTY !== true ? '' : `A shell in that step: tsbuild debug ${id}\n`;
}
