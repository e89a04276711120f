// What the RUNs of a plan must be given, looked at before anything runs: a secret that is missing must not cost the
// steps above it.
import type { TsbuildError } from '../../core/errors.js';
import type { Mount } from '../../parser/instruction.js';
import type { BuildPlan } from '../planning/plan-build.js';
import type { BuildTools } from '../build-tools.js';
import { missingSecret, missingSsh } from '../steps/missing-secret.js';

/** @throws TsbuildError STEP_SECRET_MISSING with the place of the RUN */
export function requireSecrets(
  { secrets, ssh }: Pick<BuildTools, 'secrets' | 'ssh'>,
  { stages }: BuildPlan,
): void {
  const refuse = (mount: Mount): TsbuildError | undefined => {
    if (mount.type === 'secret' && mount.required && !secrets.has(mount.id))
      return missingSecret(mount.id, secrets);
    if (mount.type === 'ssh' && mount.required && !ssh.has(mount.id)) return missingSsh(mount.id);
    return undefined;
  };
  for (const { state } of stages.values())
    for (const step of state.steps)
      for (const { mount } of step.kind === 'run' ? step.mounts : []) {
        const error = refuse(mount);
        if (error) throw error.at(step.location);
      }
}
