// WORKDIR: a layer with the directories that are missing.
import { fromUtf8 } from '../../core/bytes.js';
import { workdirInputs } from '../../cache/step-key.js';
import { ACCOUNT_FILES } from '../../layer/accounts/account-files.js';
import { lookupChown } from '../../layer/accounts/lookup-chown.js';
import { makeDirectory } from '../../layer/copy/make-directory.js';
import type { WorkdirStep } from '../../plan/step.js';
import type { ChainLayer } from '../../images/chain-layer.js';
import { commitLayer } from '../../images/commit-layer.js';
import { runCached } from '../../cache/run-cached.js';
import { creationTime, parentOf, prepareRunAhead, type StageRun } from '../stage-run.js';
import type { StepReporter } from '../../core/step-events.js';
import { bringContent, lookupTreeOf } from '../../images/trees.js';

const ROOT = { uid: 0, gid: 0 };

export function executeWorkdir(
  run: StageRun,
  step: WorkdirStep,
  reporter: StepReporter,
): Promise<ChainLayer> {
  const make = async () => {
    prepareRunAhead(run);
    const view = await lookupTreeOf(run.session, run.layers);
    await bringContent(run.session, run.layers, view, ACCOUNT_FILES);
    const owner = step.user === '' ? ROOT : lookupChown(view, step.user, { unknownName: 'root' });
    return commitLayer(
      run.session,
      makeDirectory(view, fromUtf8(step.path), { owner, now: creationTime(run) }),
    );
  };
  return runCached(run.session, {
    inputs: workdirInputs(step, parentOf(run)),
    isCacheIgnored: step.isCacheIgnored,
    reporter,
    make,
  });
}
