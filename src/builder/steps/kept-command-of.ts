// A RUN as what is kept of it when it fails: all that its like is started with, but for secrets and what leads to them.
import type { RunStep } from '../../plan/step.js';
import type { KeptCommand } from '../../worker/kept-command.js';
import type { StoredLayer } from '../../store/stored-layer.js';
import type { StageRun } from '../stage-run.js';

export interface KeptFacts {
  readonly layers: readonly StoredLayer[];
  readonly process: KeptCommand['process'];
  /** The variables of the process without secrets, agents and proxies. */
  readonly env: readonly string[];
  readonly failure: string;
}

export function keptCommandOf(
  run: StageRun,
  step: RunStep,
  { layers, process, env, failure }: KeptFacts,
): KeptCommand {
  const { request, buildPlatform } = run.tools;
  const { isolation = 'auto', network, resources, runtime } = request;
  const { architecture } = run.machine;
  return {
    name: step.name,
    failure,
    layers: layers.map(({ diffId, blob, size }) => ({ diffId, blob, size })),
    steps: run.stepsSoFar(),
    process: {
      ...process,
      env,
      mounts: process.mounts.filter(({ type }) => type !== 'secret' && type !== 'ssh'),
    },
    network: step.network,
    ...(architecture !== buildPlatform.architecture && { foreign: architecture }),
    absent: absentOf(step),
    sandbox: {
      isolation,
      request: {
        ...(network !== undefined && { network }),
        ...(resources && { resources }),
        ...(runtime !== undefined && { runtime }),
      },
    },
  };
}

function absentOf({ mounts, proxyEnv }: RunStep): readonly string[] {
  const ofMounts = mounts.flatMap(({ mount }) => {
    if (mount.type === 'secret') return [`the secret ${mount.id}`];
    return mount.type === 'ssh' ? [`the ssh agent ${mount.id}`] : [];
  });
  return [...new Set([...ofMounts, ...(proxyEnv.length > 0 ? ['the proxy variables'] : [])])];
}
