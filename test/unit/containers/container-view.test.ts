// What the files of a container tell while it ends: its PID 1, its monitor and the one that finishes it write and end
// one after the other, and each moment between them is looked at.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { viewOf } from '../../../src/containers/container-view.js';
import type { ContainerRecord } from '../../../src/containers/container-record.js';
import { containersPaths } from '../../../src/containers/container-paths.js';
import { knownProcess } from '../../../src/host/known-process.js';
import { storePaths } from '../../../src/store/store-paths.js';

const BOOT = 'this boot';
const STARTED = 1_700_000_000_000;
const ALIVE = knownProcess(process.pid)!;
const ENDED = { ...ALIVE, startTime: '1' };
const RECORD = { id: 'a'.repeat(64), host: { restart: { name: 'no' } } } as ContainerRecord;

interface Moment {
  readonly isMainAlive?: boolean;
  readonly isMonitorAlive?: boolean;
  /** What the monitor has written: the status, and how many milliseconds behind the start. */
  readonly exit?: readonly [status: number, afterMs: number];
  /** Written by the finisher. */
  readonly finished?: { readonly exitCode: number; readonly startedAt: number };
}

function viewAt({ isMainAlive = false, isMonitorAlive = false, exit, finished }: Moment) {
  const root = mkdtempSync(join(tmpdir(), 'tsbuild-view-'));
  try {
    const paths = containersPaths(storePaths(root));
    const files = paths.of(RECORD.id);
    mkdirSync(files.directory, { recursive: true });
    const [main, monitor] = [isMainAlive ? ALIVE : ENDED, isMonitorAlive ? ALIVE : ENDED];
    writeFileSync(files.state, JSON.stringify({ bootId: BOOT, main, monitor, helpers: [], startedAt: STARTED }));
    if (exit) writeFileSync(files.exit, exitBytes(...exit));
    if (finished) writeFileSync(files.finished, JSON.stringify({ error: '', ...finished }));
    return viewOf(paths, RECORD, BOOT);
  } finally {
    rmSync(root, { recursive: true });
  }
}

function exitBytes(status: number, afterMs: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeInt32LE(1, 0);
  bytes.writeInt32LE(status, 4);
  bytes.writeBigUInt64LE(BigInt(STARTED + afterMs) * 1_000_000n, 8);
  return bytes;
}

const LAST_RUN = { exitCode: 9, startedAt: STARTED - 5000 };

/** Rows: the moment, the status, the exit code that is told. */
const MOMENTS: readonly (readonly [string, Moment, status: string, exitCode: number | undefined])[] = [
  ['it runs', { isMainAlive: true, isMonitorAlive: true }, 'running', undefined],
  [
    'it runs again',
    { isMainAlive: true, isMonitorAlive: true, exit: [9, -1000], finished: LAST_RUN },
    'running',
    9,
  ],
  ['PID 1 has ended, and nothing says how', { isMonitorAlive: true }, 'running', undefined],
  ['only the last run has an end', { isMonitorAlive: true, exit: [9, -1000] }, 'running', undefined],
  ['the monitor has said how', { isMonitorAlive: true, exit: [3, 10] }, 'exited', 3],
  ['the monitor has ended', { exit: [3, 10] }, 'exited', 3],
  ['it is finished', { finished: { exitCode: 3, startedAt: STARTED } }, 'exited', 3],
  ['the monitor was killed', {}, 'exited', 137],
  ['the monitor was killed in a later run', { finished: LAST_RUN }, 'exited', 137],
];

for (const [name, moment, status, exitCode] of MOMENTS)
  test(name, (t) => {
    const view = viewAt(moment);
    t.is(view.status, status as typeof view.status);
    t.is(view.finished?.exitCode, exitCode);
  });
