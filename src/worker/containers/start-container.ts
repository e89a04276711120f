// One run of a container: its monitor, which is a child of this worker and outlives it, and the command, which is a
// child of the monitor. Until the monitor is told to begin, both end with this worker.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { invariant, TsbuildError } from '../../core/errors.js';
import { knownProcess, type KnownProcess } from '../../host/known-process.js';
import { explainFormat } from '../explain-format.js';
import type { StartedContainer } from './container-process.js';
import type { ContainerRun, ReadyContainer, StartTools } from './container-run.js';
import { prepareProbe, type PreparedProbe } from './health-probe.js';
import { launchContainer } from './launch-container.js';
import { startMonitor } from './monitor-process.js';
import { ownNetworkFiles } from './own-network-files.js';
import { writeState } from './write-state.js';

export interface PreparedContainer {
  /**
   * Executes the command. Once.
   * @param now milliseconds since the epoch
   * @throws TsbuildError CONTAINER_NOT_STARTED | SANDBOX_* | CONTAINER_MOUNT | ABORTED
   */
  start(now: number, signal: AbortSignal): Promise<StartedContainer>;
}

/** @throws TsbuildError CONTAINER_RUNNING | SANDBOX_* */
export async function prepareContainer(tools: StartTools, run: ContainerRun): Promise<PreparedContainer> {
  ownNetworkFiles(tools.ownership, run.directory);
  const monitor = startMonitor(tools, run);
  const abort = new AbortController();
  let go = (_now: number): void => undefined;
  const isTold = new Promise<number>((resolve) => (go = resolve));
  let started: StartedContainer | undefined;
  let probe: PreparedProbe | undefined;
  const onReady = async (found: ReadyContainer): Promise<void> => {
    if (run.process.probe)
      probe = prepareProbe(tools, run, monitor.parent, { pid: found.pid, probe: run.process.probe });
    const startedAt = await isTold;
    started = {
      main: known(found.pid),
      monitor: known(monitor.pid),
      startedAt,
      helpers: found.helpers,
      ports: found.ports,
      ...(found.input !== undefined && { inputDescriptor: found.input }),
      ...(found.cgroup !== undefined && { cgroup: found.cgroup }),
    };
    // Commands that end it read this.
    writeState(run, started);
  };
  const launched = launchContainer(tools, run, monitor, { onReady, signal: abort.signal });
  // Who starts it gets the failure.
  launched.catch(() => undefined);
  return {
    async start(now, signal) {
      signal.addEventListener('abort', () => abort.abort(signal.reason), { once: true });
      if (run.process.isFollowed) monitor.acceptFollower();
      go(now);
      try {
        const command = await launched;
        probe?.begin();
        monitor.begin(command);
        invariant(started, 'a container that was launched has a state');
        return started;
      } catch (error) {
        probe?.close();
        monitor.end();
        rmSync(join(run.directory, 'state.json'), { force: true });
        throw notStarted(explainFormat(tools.calls, run.rootfs.target, error));
      }
    },
  };
}

function known(pid: number): KnownProcess {
  const found = knownProcess(pid);
  if (found) return found;
  throw new TsbuildError('SANDBOX_FAILED', 'a process of the container ended early');
}

/** In the words of docker, of which its client makes 126 and 127. */
function notStarted(error: unknown): unknown {
  if (!(error instanceof TsbuildError)) return error;
  if (error.code === 'STEP_NOT_FOUND') return error.with({ code: 'CONTAINER_NOT_STARTED' });
  if (error.code === 'LAYER_UNSAFE')
    return error.with({ code: /mount/.test(error.message) ? 'CONTAINER_MOUNT' : 'CONTAINER_NOT_STARTED' });
  return error;
}
