// Launchers that are started before a step asks for one.
import type { NetworkTool } from '../network/network-tool.js';
import type { LauncherProcess } from './launcher-process.js';
import type { StepRunner } from './step-runner.js';

/**
 * One launcher of the kind that steps need by default waits as long as a step is to come: its start, and that of its network, is hidden
 * behind another step. One of the other kind is started when a step asks for it.
 */
export function launchersAhead(
  tool: NetworkTool | undefined,
  start: (network: NetworkTool | undefined) => LauncherProcess,
): StepRunner['takeLauncher'] {
  // A worker exists because a step must be executed.
  let waiting: LauncherProcess | undefined = start(tool);
  return ({ network }, { stepsAhead }) => {
    if ((network === 'private') !== (tool !== undefined)) return start(undefined);
    const taken = waiting ?? start(tool);
    waiting = stepsAhead > 0 ? start(tool) : undefined;
    return taken;
  };
}
