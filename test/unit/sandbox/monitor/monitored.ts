// A command below a monitor, and what tests look at.
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromUtf8 } from '../../../../src/core/bytes.js';
import {
  loadSyscalls,
  type OwnSystemCalls,
  type SystemCalls,
} from '../../../../src/host/syscalls/system-calls.js';
import { launcherStarterBy, startParentLauncher } from '../../../../src/sandbox/launcher/parent-launcher.js';
import { FIRST_OWN, launcherStarter } from '../../../../src/sandbox/launcher/start-launcher.js';
import { CHANNEL } from '../../../../src/sandbox/launcher/launcher-code.js';
import {
  monitorMessage,
  RECORD_HEADER_BYTES,
  type MonitorOrder,
} from '../../../../src/sandbox/monitor/monitor-message.js';
import { placeProgram, type Program } from '../../../../src/sandbox/monitor/place-program.js';

export interface LogRecord {
  readonly stream: number;
  readonly time: bigint;
  readonly data: Buffer;
}

/** Whole records only. */
export function readRecords(bytes: Buffer): LogRecord[] {
  const records: LogRecord[] = [];
  for (let at = 0; at + RECORD_HEADER_BYTES <= bytes.length;) {
    const end = at + RECORD_HEADER_BYTES + bytes.readUInt32LE(at + 4);
    if (end > bytes.length) break;
    const data = bytes.subarray(at + RECORD_HEADER_BYTES, end);
    records.push({ stream: bytes.readUInt32LE(at), time: bytes.readBigUInt64LE(at + 8), data });
    at = end;
  }
  return records;
}

export function outputOf(records: readonly LogRecord[], stream = 1): Buffer {
  return Buffer.concat(records.filter((record) => record.stream === stream).map(({ data }) => data));
}

/** si_code and si_status. */
export function statusIn(bytes: Buffer): readonly [number, number] {
  return [bytes.readInt32LE(0), bytes.readInt32LE(4)];
}

export interface MonitoredOptions {
  readonly script: string;
  readonly order?: Partial<MonitorOrder>;
  readonly program?: Program;
  /** Number of socket pairs; the monitor has one end of each as a client. */
  readonly clients?: number;
  readonly hasListener?: boolean;
  readonly hasInput?: boolean;
  /** Its path is in the variable TERMINAL of the command. */
  readonly hasTerminal?: boolean;
  readonly logDirectory?: string;
  /** Called before it is the monitor. */
  readonly prepare?: (calls: SystemCalls) => void;
}

export interface Monitored {
  readonly own: OwnSystemCalls;
  readonly folder: string;
  /** Ids of the monitor, and of the command. */
  readonly monitor: number;
  readonly command: number;
  /** Ends of the socket pairs, in order. */
  readonly clients: readonly number[];
  /** The monitor's descriptor of the write end of the input. */
  readonly input: number;
  connect(): Promise<Socket>;
  file(name: string): Buffer;
  /** When the monitor has ended. */
  ended(): Promise<{ readonly code: number | null; readonly signal: number | null }>;
}

export async function withMonitored(
  {
    script,
    order = {},
    program,
    clients = 0,
    hasListener,
    hasInput,
    hasTerminal,
    logDirectory,
    prepare,
  }: MonitoredOptions,
  work: (monitored: Monitored) => Promise<void>,
): Promise<void> {
  const own = await loadSyscalls();
  const folder = mkdtempSync(join(logDirectory ?? tmpdir(), 'tsbuild-monitor-'));
  const opened: number[] = [];
  const keep = (...fds: number[]): void => void opened.push(...fds);
  const [output, error, input] = [own.pipe(), own.pipe(), own.pipe()];
  for (const { readEnd, writeEnd } of [output, error, input]) keep(readEnd, writeEnd);
  const terminal = hasTerminal ? own.terminals().openTerminal(fromUtf8('/dev/ptmx')) : undefined;
  if (terminal) keep(terminal.master, terminal.peer);
  const path = terminal ? readlinkSync(`/proc/self/fd/${terminal.peer}`) : '';
  const directory = openSync(folder, 'r');
  const log = openSync(join(folder, 'log'), 'a');
  keep(directory, log);
  const pairs = Array.from({ length: clients }, () => own.streamSockets().streamPair());
  for (const [, its] of pairs) keep(its);
  const parent = startParentLauncher(own, launcherStarter(own, { directory: folder }), [
    terminal?.master ?? output.readEnd,
    error.readEnd,
    directory,
    log,
  ]);
  const { launcher } = parent;
  let isReaped = false;
  try {
    const command = launcherStarterBy(own, parent).start([
      terminal?.peer ?? output.writeEnd,
      error.writeEnd,
      input.readEnd,
    ]);
    command.calls.together(() => {
      command.calls.dieWithParent();
      if (hasInput) command.calls.dup(FIRST_OWN + 2, 0);
      command.calls.dup(FIRST_OWN, 1);
      command.calls.dup(FIRST_OWN + 1, 2);
      command.calls.keepOnlyStandardDescriptors();
    });
    command.calls.execve(
      fromUtf8('/bin/sh'),
      ['sh', '-c', script],
      ['PATH=/usr/bin:/bin', `FOLDER=${folder}`, `TERMINAL=${path}`],
    );
    command.close();
    const its = pairs.map(([, end]) => parent.give(end));
    const theirInput = hasInput ? parent.give(input.writeEnd) : undefined;
    const listener = hasListener ? own.streamSockets().listenAt(directory, 'attach') : undefined;
    if (listener !== undefined) keep(listener);
    const placed = program && placeProgram(launcher, program);
    const process = launcher.calls.openProcess(command.pid);
    const message = monitorMessage({
      output: FIRST_OWN,
      error: FIRST_OWN + 1,
      process,
      directory: FIRST_OWN + 2,
      log: FIRST_OWN + 3,
      logSize: 0,
      clients: its,
      firstFinishes: false,
      listener: listener === undefined ? undefined : parent.give(listener),
      input: theirInput,
      program: placed,
      ...order,
    });
    parent.seal();
    prepare?.(launcher.calls);
    launcher.tell(message);
    launcher.close();
    // Its first step is that it closes its channel.
    while (existsSync(`/proc/${launcher.pid}/fd/${CHANNEL}`)) await sleep(5);
    for (const fd of opened.splice(0)) closeSync(fd);
    await work({
      own,
      folder,
      monitor: launcher.pid,
      command: command.pid,
      clients: pairs.map(([end]) => end),
      input: theirInput ?? -1,
      connect: () => connected(join(folder, 'attach')),
      file: (name) => readFileSync(join(folder, name)),
      async ended() {
        for (;;) {
          const status = own.reap(launcher.pid);
          isReaped = status !== undefined;
          if (status) return status;
          await sleep(5);
        }
      },
    });
  } finally {
    for (const fd of opened) closeSync(fd);
    if (!isReaped) {
      process.kill(launcher.pid, 'SIGKILL');
      own.reap(launcher.pid, { isAwaited: true });
    }
    rmSync(folder, { recursive: true });
  }
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket));
    socket.on('error', reject);
  });
}
