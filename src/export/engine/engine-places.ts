// The places where an engine is looked for, in their order.
import { join } from 'node:path';
import { dockerSetting } from './docker-context.js';
import { parseEngineHost, type EngineName, type EnginePlace } from './engine-place.js';

export interface EnginePlaces {
  readonly places: readonly EnginePlace[];
  /** The user named the one place: no other is a substitute for it. */
  readonly isGiven: boolean;
}

/**
 * @param engine which one was asked for; undefined for any
 * @throws TsbuildError ENGINE_UNREACHABLE, CONTEXT_UNREADABLE
 */
export function enginePlaces(
  engine: EngineName | undefined,
  env: Readonly<Record<string, string | undefined>>,
): EnginePlaces {
  const runtime = env['XDG_RUNTIME_DIR'];
  const socket = (path: string): EnginePlace => ({ kind: 'socket', label: path, path });
  const ofUser = (name: string): EnginePlace[] => (runtime ? [socket(join(runtime, name))] : []);
  const command = (program: EngineName): EnginePlace => ({
    kind: 'command',
    label: `${program} load`,
    program,
    env: {},
  });
  const docker = [socket('/var/run/docker.sock'), ...ofUser('docker.sock')];
  const podman = [...ofUser('podman/podman.sock'), socket('/run/podman/podman.sock'), command('podman')];
  const nerdctl = [command('nerdctl')];
  if (engine === 'podman') return { places: podman, isGiven: false };
  if (engine === 'nerdctl') return { places: nerdctl, isGiven: true };
  const setting = dockerSetting(env);
  if (setting) return { places: [parseEngineHost(setting)], isGiven: true };
  if (engine === 'docker') return { places: docker, isGiven: false };
  return { places: [...docker, ...podman, ...nerdctl], isGiven: false };
}
