// Lets go of a program that waits for a line on its standard input, once it is in the control group in which it is to run.
import type { StepGroup } from '../cgroup/control-groups.js';

interface WaitingProgram {
  readonly pid?: number | undefined;
  readonly stdin: { end(line: string): unknown } | null;
}

/** A program that did not start has no process: 0 in its place would move the caller. @throws TsbuildError SANDBOX_NO_CGROUP */
export function releaseIntoGroup(child: WaitingProgram, group: Pick<StepGroup, 'add'>): void {
  if (child.pid === undefined) return;
  group.add(child.pid);
  child.stdin?.end('\n');
}
