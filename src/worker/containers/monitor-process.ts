// The monitor of a container while this worker still speaks for it: a launcher that holds the lock, the log, the ends
// of the pipes and the socket for clients.
import { closeSync, mkdirSync, openSync, rmSync, fstatSync } from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import { LOCK_EX, LOCK_NB } from '../../host/flock.js';
import type { OwnSystemCalls } from '../../host/syscalls/system-calls.js';
import { startParentLauncher, type ParentLauncher } from '../../sandbox/launcher/parent-launcher.js';
import { FIRST_OWN } from '../../sandbox/launcher/start-launcher.js';
import { monitorMessage } from '../../sandbox/monitor/monitor-message.js';
import { placeProgram } from '../../sandbox/monitor/place-program.js';
import type { ContainerRun, MonitoredCommand, StartTools } from './container-run.js';
import type { ContainerStreams } from './container-streams.js';

export interface Monitor {
  readonly pid: number;
  readonly parent: ParentLauncher;
  /** Of this worker, for the command: outputs, then the input. Absent with a terminal. */
  readonly given: readonly number[];
  /** Its descriptor of the container's input. */
  readonly input?: number | undefined;
  /** The client that waits already will follow the container to its end. */
  acceptFollower(): void;
  /** From now on it is on its own. */
  begin(command: MonitoredCommand): void;
  /** Instead of `begin`: it ends, and with it its children. */
  end(): void;
  /** The command has what is given to it. */
  handOver(): void;
}

/** @throws TsbuildError CONTAINER_RUNNING | SANDBOX_FAILED */
export function startMonitor(
  { calls, starter }: StartTools,
  run: ContainerRun,
  openStreams: () => ContainerStreams,
): Monitor {
  const { directory, process } = run;
  const own: number[] = [];
  const keep = (fd: number): number => {
    own.push(fd);
    return fd;
  };
  try {
    const lock = keep(takeLock(calls, join(directory, 'lock')));
    forgetLastRun(directory);
    const log = keep(openSync(join(directory, 'log'), 'a', 0o600));
    const folder = keep(openSync(directory, 'r'));
    const listener = keep(calls.streamSockets().listenAt(folder, 'attach'));
    const streams = openStreams();
    const { output, error, input } = streams.monitor;
    const piped = [output, error, input].filter((fd) => fd !== undefined).map(keep);
    const parent = startParentLauncher(calls, starter, [lock, log, folder, listener, ...piped]);
    const numberOf = (fd: number): number => FIRST_OWN + [lock, log, folder, listener, ...piped].indexOf(fd);
    const logSize = fstatSync(log).size;
    parent.launcher.calls.startSession();
    const theirs = {
      log: numberOf(log),
      directory: numberOf(folder),
      listener: numberOf(listener),
      input: input === undefined ? undefined : numberOf(input),
      outputs: output === undefined ? undefined : ([numberOf(output), numberOf(error!)] as const),
    };
    let follower: number | undefined;
    return {
      pid: parent.launcher.pid,
      parent,
      given: streams.container,
      input: theirs.input,
      handOver: () => streams.container.forEach((fd) => closeSync(fd)),
      acceptFollower() {
        follower = parent.launcher.calls.sockets().acceptClient(theirs.listener);
      },
      begin({ pid, master }) {
        const { launcher } = parent;
        parent.seal();
        const { argv, env } = process.finisher;
        const message = monitorMessage({
          output: master ?? theirs.outputs![0],
          error: theirs.outputs?.[1],
          process: launcher.calls.openProcess(pid),
          listener: theirs.listener,
          input: process.isInputOnce ? theirs.input : undefined,
          log: theirs.log,
          logSize,
          logLimit: process.logMaxBytes,
          directory: theirs.directory,
          clients: follower === undefined ? [] : [follower],
          firstFinishes: follower !== undefined && process.isFinishedByFollower,
          program: placeProgram(launcher, { path: argv[0]!, argv, env }),
        });
        launcher.tell(message);
        launcher.close();
      },
      end() {
        parent.seal();
        parent.launcher.close();
        calls.reap(parent.launcher.pid, { isAwaited: true });
      },
    };
  } finally {
    for (const fd of own) closeSync(fd);
  }
}

/** It tells "running" to everybody, as long as one of its copies is open. */
function takeLock(calls: OwnSystemCalls, path: string): number {
  const fd = openSync(path, 'a', 0o600);
  if (calls.flock(fd, LOCK_EX | LOCK_NB)) return fd;
  closeSync(fd);
  throw new TsbuildError('CONTAINER_RUNNING', 'the container is running, or being started');
}

const OF_ONE_RUN = ['attach', 'exit', 'finished.json', 'state.json', 'health', 'health.1'];

function forgetLastRun(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const name of OF_ONE_RUN) rmSync(join(directory, name), { force: true });
}
