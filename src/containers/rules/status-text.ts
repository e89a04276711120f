// The state of a container in docker's words: `Up 3 minutes (healthy)` (moby container/state.go). Pure.
import { humanDuration } from '../../core/human-duration.js';
import type { ContainerSummary } from './container-summary.js';

type StatusFacts = Pick<ContainerSummary, 'status' | 'startedAt' | 'finishedAt' | 'exitCode' | 'health'>;

/** @param now milliseconds since 1970 */
export function statusText(facts: StatusFacts, now: number): string {
  const { status, startedAt, finishedAt, exitCode = 0 } = facts;
  const up = `Up ${since(startedAt, now)}`;
  switch (status) {
    case 'running':
      return `${up}${healthText(facts)}`;
    case 'paused':
      return `${up} (Paused)`;
    case 'restarting':
      return `Restarting (${exitCode}) ${since(finishedAt, now)} ago`;
    case 'removing':
      return 'Removal In Progress';
    case 'dead':
      return 'Dead';
    case 'created':
      return 'Created';
    case 'exited':
      return `Exited (${exitCode}) ${since(finishedAt, now)} ago`;
  }
}

function healthText({ health }: StatusFacts): string {
  if (health === undefined) return '';
  return health === 'starting' ? ' (health: starting)' : ` (${health})`;
}

function since(time: number | undefined, now: number): string {
  return humanDuration(Math.max(0, now - (time ?? now)) / 1000);
}
