// What follows a run that has ended: the container is removed, started again, or stays. Pure.
import type { ContainerRecord, ContainerState, FinishedState, NextStep } from '../container-record.js';
import { nextRestart } from './restart-policy.js';

/** Exit codes of a command that could not be started. */
const FAILED_START = new Set([126, 127]);

/** A start of the machine starts no container: there is no daemon that would. */
export function nextStep(
  { host }: Pick<ContainerRecord, 'host'>,
  state: ContainerState,
  {
    exitCode,
    finishedAt,
    isOfThisBoot,
  }: Pick<FinishedState, 'exitCode' | 'finishedAt'> & { readonly isOfThisBoot: boolean },
): NextStep | undefined {
  if (host.isRemovedAtEnd) return { kind: 'remove' };
  if (!isOfThisBoot) return undefined;
  const history = { count: state.restartCount, lastDelayMs: state.restartDelayMs ?? 0 };
  const next = nextRestart(host.restart, history, {
    exitCode,
    ranMs: finishedAt - state.startedAt,
    isStoppedByUser: state.isStoppedByUser === true,
    isFailedStart: FAILED_START.has(exitCode) && state.startedAt === 0,
  });
  if (next.kind === 'stop') return undefined;
  const {
    delayMs,
    history: { count },
  } = next;
  return { kind: 'restart', at: finishedAt + delayMs, count, delayMs };
}
