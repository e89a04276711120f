// The build checks of a build: on the stages it builds, with everything it knows of their bases. Loaded after the plan
// is made.
import { checkOptionsOf, checkStepwise, lintViolation } from '../../parser/checks/run-checks.js';
import type { Dockerfile } from '../../parser/instruction.js';
import { factsOfPlan } from './check-facts.js';
import { inTurns } from '../../core/in-turns.js';
import type { Definition } from '../../context/load-definition.js';
import type { BuildPlan } from './plan-build.js';
import type { BuildTools } from '../build-tools.js';

/**
 * Emits a warning for each finding and gives their number.
 * @throws TsbuildError DOCKERFILE_LINT when the file (or BUILDKIT_DOCKERFILE_CHECK) says `error=true`;
 * DOCKERFILE_SYNTAX for options that cannot be read
 */
export async function checkPlan(
  tools: BuildTools,
  definition: Definition,
  dockerfile: Dockerfile,
  plan: BuildPlan,
): Promise<number> {
  const facts = factsOfPlan(tools, definition, dockerfile, plan);
  const { isError } = checkOptionsOf(dockerfile, facts.checkOption);
  const findings = await inTurns(checkStepwise(dockerfile, facts), tools);
  for (const finding of findings) tools.emit({ kind: 'warning', ...finding });
  const violation = isError ? lintViolation(findings) : undefined;
  if (violation) throw violation;
  return findings.length;
}
