// WORKDIR: a layer with the directories that are missing.
import { fromUtf8 } from '../../core/bytes.js';
import { workdirInputs } from '../../cache/step-key.js';
import { ACCOUNT_FILES } from '../../layer/accounts/account-files.js';
import { lookupChown } from '../../layer/accounts/lookup-chown.js';
import { makeDirectory } from '../../layer/copy/make-directory.js';
import type { WorkdirStep } from '../../plan/step.js';
import type { Layer } from '../../images/layer.js';
import { commitLayer } from '../../images/commit-layer.js';
import { runCached } from '../../cache/run-cached.js';
import { creationTime, parentOf, prepareRunAhead, type StageRun } from '../stage-run.js';
import type { StepReporter } from '../../core/step-events.js';

const ROOT = { uid: 0, gid: 0 };

export function executeWorkdir(run: StageRun, step: WorkdirStep, reporter: StepReporter): Promise<Layer> {
  const make = async () => {
    prepareRunAhead(run);
    const view = await run.tools.trees.lookup(run.layers);
    await run.tools.trees.bringContent(run.layers, view, ACCOUNT_FILES);
    const owner = step.user === '' ? ROOT : lookupChown(view, step.user, { unknownName: 'root' });
    return commitLayer(
      run.tools,
      makeDirectory(view, fromUtf8(step.path), { owner, now: creationTime(run) }),
    );
  };
  return runCached(run.tools.stepCache, {
    inputs: workdirInputs(step, parentOf(run)),
    isCacheIgnored: step.isCacheIgnored,
    where: () => run.placeOf(step),
    reporter,
    make,
  });
}
