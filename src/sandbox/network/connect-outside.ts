// Connects a container with the outside by pasta or slirp4netns. The tool is a child of the container's monitor and
// ends with it.
import { closeSync, rmSync } from 'node:fs';
import { createConnection, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf } from '../../core/errno.js';
import { TsbuildError } from '../../core/errors.js';
import { fromUtf8 } from '../../core/bytes.js';
import { killKnown, knownProcess, type KnownProcess } from '../../host/known-process.js';
import { CLONE_NEWUSER } from '../../host/syscalls/process-calls.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { FIRST_OWN, type LauncherStarter } from '../launcher/start-launcher.js';
import type { OperatorTools } from './bridge/operator.js';
import {
  containerToolArguments,
  slirpForward,
  type Namespaces,
  type Outside,
  type PortForward,
} from './container-tool.js';

export interface OutsideTools {
  readonly operator: OperatorTools;
  readonly calls: Pick<SystemCalls, 'pipe'>;
  /** Its launchers are children of the monitor, in the user namespace above all containers. */
  readonly starter: LauncherStarter;
  /** Path for a socket, at most 100 bytes. Nothing is there afterwards. */
  readonly apiSocket: string;
}

/** Descriptors of this process. */
export interface ContainerNamespaces {
  readonly user: number;
  readonly network: number;
}

/**
 * @returns the tool
 * @throws TsbuildError SANDBOX_NO_NETWORK, SANDBOX_FAILED
 */
export async function connectOutside(
  tools: OutsideTools,
  outside: Outside,
  namespaces: ContainerNamespaces,
): Promise<KnownProcess> {
  const shown = showNamespaces(tools.operator, namespaces);
  try {
    return await connect(tools, outside, shown);
  } finally {
    shown.close();
  }
}

interface ShownNamespaces extends Namespaces {
  close(): void;
}

/**
 * The tool has few rights when it opens the namespaces, and may not look at processes of other ids. So a process of its
 * own id has them open, in the user namespace that the tool enters before it opens the network, and without any rights.
 */
function showNamespaces(
  { calls, starter }: OperatorTools,
  { user, network }: ContainerNamespaces,
): ShownNamespaces {
  const holder = starter.start([user, network], { isBeside: true });
  holder.calls.enterNamespace(FIRST_OWN, CLONE_NEWUSER);
  holder.calls.setCapabilities(0n);
  const path = (fd: number): string => `/proc/${holder.pid}/fd/${fd}`;
  return {
    user: path(FIRST_OWN),
    network: path(FIRST_OWN + 1),
    close() {
      holder.close();
      calls.reap(holder.pid, { isAwaited: true });
    },
  };
}

async function connect(tools: OutsideTools, outside: Outside, namespaces: Namespaces): Promise<KnownProcess> {
  const ready = tools.calls.pipe();
  const complaint = tools.calls.pipe();
  const readyEnd = readerOf(ready.readEnd);
  const complaintEnd = readerOf(complaint.readEnd);
  let tool: KnownProcess | undefined;
  try {
    tool = startTool(tools, outside, namespaces, [ready.writeEnd, complaint.writeEnd]);
    await untilReady(outside, readyEnd, complaintEnd);
    if (outside.tool.name === 'slirp4netns') await forwardAll(tools.apiSocket, outside.ports);
    return tool;
  } catch (error) {
    if (tool) killKnown(tool);
    throw error;
  } finally {
    readyEnd.destroy();
    complaintEnd.destroy();
    rmSync(tools.apiSocket, { force: true });
  }
}

function readerOf(fd: number): Socket {
  return new Socket({ fd, readable: true, writable: false });
}

/** @param outputs of this process, for the tool's standard output and error; they are closed here */
function startTool(
  { starter, apiSocket }: OutsideTools,
  outside: Outside,
  namespaces: Namespaces,
  outputs: readonly number[],
): KnownProcess {
  try {
    const launcher = starter.start(outputs, { isBeside: true });
    try {
      const { calls } = launcher;
      const tool = knownProcess(launcher.pid);
      calls.together(() => {
        calls.dieWithParent();
        // An interrupt typed at the terminal is not for it.
        calls.startSession();
        outputs.forEach((_, i) => calls.dup(FIRST_OWN + i, 1 + i));
        // Node ignores SIGPIPE, and pasta takes that for a failure.
        calls.resetSignals();
        calls.keepOnlyStandardDescriptors();
      });
      const { name, program } = outside.tool;
      calls.execve(fromUtf8(program), [name, ...containerToolArguments(outside, namespaces, apiSocket)], []);
      if (tool) return tool;
      throw noNetwork(outside, 'it ended early');
    } finally {
      launcher.close();
    }
  } catch (error) {
    if (error instanceof TsbuildError) throw error;
    throw noNetwork(outside, error instanceof Error ? error.message : String(error), error);
  } finally {
    for (const fd of outputs) closeSync(fd);
  }
}

/** @throws TsbuildError SANDBOX_NO_NETWORK with what the tool said when it ends before it is ready */
function untilReady(outside: Outside, ready: Socket, complaint: Socket): Promise<void> {
  let said = '';
  complaint.on('data', (data) => (said = `${said}${data.toString()}`.slice(-2000)));
  return new Promise((resolve, reject) => {
    ready.once('data', () => resolve());
    complaint.once('error', reject);
    ready.once('error', reject);
    // Both are at their end when it has ended.
    complaint.once('close', () => reject(noNetwork(outside, wordsOf(said) || 'it ended early')));
  });
}

/** Without what libraries say about the log of the system. */
function wordsOf(text: string): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !/syslog/.test(line))
    .join('; ')
    .slice(-500);
}

function noNetwork(outside: Pick<Outside, 'tool'>, reason: string, cause?: unknown): TsbuildError {
  return new TsbuildError('SANDBOX_NO_NETWORK', `${outside.tool.name} cannot connect a network: ${reason}`, {
    hint: 'use --network host, or --network none',
    cause,
  });
}

async function forwardAll(apiSocket: string, ports: readonly PortForward[]): Promise<void> {
  for (const port of ports) {
    const answer = await askSoon(apiSocket, slirpForward(port));
    if (/"error"/.test(answer))
      throw new TsbuildError(
        'SANDBOX_NO_NETWORK',
        `slirp4netns cannot forward port ${port.hostPort}: ${answer.trim()}`,
      );
  }
}

/** It is ready before it listens: its socket may come a little later. */
const ANSWERS_WITHIN_MS = 5000;
const RETRY_MS = 10;

async function askSoon(path: string, request: string): Promise<string> {
  const until = performance.now() + ANSWERS_WITHIN_MS;
  for (;;) {
    try {
      return await askSlirp(path, request);
    } catch (error) {
      const reason = errnoOf((error as TsbuildError).cause) ?? '';
      if (!['ENOENT', 'ECONNREFUSED'].includes(reason) || performance.now() > until) throw error;
      await sleep(RETRY_MS);
    }
  }
}

function askSlirp(path: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = createConnection(path);
    socket.on('connect', () => socket.end(request));
    socket.on('data', (data) => (answer += data.toString()));
    socket.once('error', (cause) =>
      reject(
        new TsbuildError('SANDBOX_NO_NETWORK', `slirp4netns does not answer: ${cause.message}`, { cause }),
      ),
    );
    socket.once('close', () => resolve(answer));
  });
}
