// Starts the process that waits until a container is to be started again, in the place of a monitor that was killed. It
// outlives this one, and has the lock of the run from it.
import { spawn } from 'node:child_process';
import { knownProcess } from '../host/known-process.js';
import { readState, writeJson } from './container-files.js';
import type { ContainerHost } from './container-host.js';
import { finisherCommand } from './finisher-command.js';

/** @param lock a descriptor of this process that holds the lock of the run */
export function startFinisher(host: ContainerHost, id: string, lock: number): void {
  const { argv, env } = finisherCommand(host, id);
  const [program = '', ...args] = argv;
  const child = spawn(program, args, {
    cwd: '/',
    env: Object.fromEntries(env.map((text) => splitOnce(text))),
    stdio: ['ignore', 'ignore', 'ignore', lock],
    detached: true,
  });
  // Without it the next one that looks does this again.
  child.on('error', () => undefined);
  child.unref();
  const finisher = child.pid === undefined ? undefined : knownProcess(child.pid);
  const { state: path } = host.paths.of(id);
  const state = readState(host.paths.of(id));
  if (finisher && state) writeJson(path, { ...state, finisher });
}

function splitOnce(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}
