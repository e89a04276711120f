import test from 'ava';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawn } from 'node:child_process';
import { fromUtf8 } from '../../../../src/core/bytes.js';
import { CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER } from '../../../../src/host/syscalls/process-calls.js';
import { restMessage } from '../../../../src/sandbox/launcher/make-message.js';
import { loadSyscalls, type OwnSystemCalls } from '../../../../src/host/syscalls/system-calls.js';
import {
  HEALTH_CODE_NOT_STARTED,
  HEALTH_CODE_TIMEOUT,
  HEALTH_HEADER_BYTES,
  HEALTH_LIMIT,
  MAX_HEALTH_OUTPUT_BYTES,
  PROBE_CALLS,
  probeMessage,
  type ProbeOrder,
} from '../../../../src/sandbox/monitor/probe-message.js';
import { FIRST_OWN, launcherStarter } from '../../../../src/sandbox/launcher/start-launcher.js';

interface HealthRecord {
  readonly start: bigint;
  readonly end: bigint;
  readonly code: number;
  readonly output: Buffer;
}

function readHealth(bytes: Buffer): HealthRecord[] {
  const records: HealthRecord[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + HEALTH_HEADER_BYTES + bytes.readUInt32LE(at + 20);
    records.push({
      start: bytes.readBigUInt64LE(at),
      end: bytes.readBigUInt64LE(at + 8),
      code: bytes.readInt32LE(at + 16),
      output: bytes.subarray(at + HEALTH_HEADER_BYTES, end),
    });
    at = end;
  }
  return records;
}

const MS = 1_000_000n;
const O_NONBLOCK = 0o4000;

interface World {
  readonly folder: string;
  /** Of the probe's launcher. */
  readonly pid: number;
  records(): HealthRecord[];
  /** At least so many. */
  recorded(count: number): Promise<HealthRecord[]>;
  endContainer(): void;
  ended(): { readonly code: number | null; readonly signal: number | null };
}

interface ProbeTest extends Partial<ProbeOrder> {
  readonly script: string;
  readonly path?: string;
  /** The container has namespaces, which the probe enters. */
  readonly isInside?: boolean;
}

interface Container {
  readonly pid: number;
  kill(): void;
}

/** A process that does nothing. */
function startContainer(own: OwnSystemCalls, directory: string, isInside: boolean): Container {
  if (!isInside) {
    const child = spawn('sleep', ['100']);
    return { pid: child.pid!, kill: () => void child.kill('SIGKILL') };
  }
  const map = [{ inside: 0, outside: 100_000, count: 1000 }];
  const { pid, tell, calls, close } = launcherStarter(own, {
    directory,
    ownership: { map },
  }).start([]);
  calls.unshare(CLONE_NEWNS);
  tell(restMessage());
  close();
  let isKilled = false;
  return {
    pid,
    kill() {
      if (isKilled) return;
      isKilled = true;
      process.kill(pid, 'SIGKILL');
      own.reap(pid, { isAwaited: true });
    },
  };
}

/** A probe of a process that does nothing. */
async function withProbe(
  { script, path, isInside = false, ...order }: ProbeTest,
  work: (world: World) => Promise<void>,
): Promise<void> {
  const own = await loadSyscalls();
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-probe-'));
  const container = startContainer(own, folder, isInside);
  const pipe = own.pipe();
  const file = join(folder, 'health');
  const fds = [
    own.openProcess(container.pid),
    pipe.readEnd,
    pipe.writeEnd,
    openSync(file, 'a'),
    openSync(folder, 'r'),
  ];
  const launcher = launcherStarter(own, { directory: folder }).start(fds);
  for (const fd of fds) closeSync(fd);
  let isReaped = false;
  try {
    const calls = launcher.record((recorded) => {
      if (isInside) {
        recorded.enterNamespace(FIRST_OWN, CLONE_NEWUSER | CLONE_NEWNS);
        recorded.setIds({ uid: 3, gid: 4 });
        recorded.dieWithParent();
      }
      recorded.dup(FIRST_OWN + 2, 1);
      recorded.dup(FIRST_OWN + 2, 2);
      recorded.keepOnlyStandardDescriptors();
      recorded.execve(
        fromUtf8(path ?? '/bin/sh'),
        ['sh', '-c', script],
        [`FOLDER=${folder}`, 'PATH=/usr/bin:/bin'],
      );
    }, PROBE_CALLS);
    launcher.calls.forbidTracing();
    if (isInside) launcher.calls.enterNamespace(FIRST_OWN, CLONE_NEWPID);
    launcher.calls.setStatusFlags(FIRST_OWN + 1, O_NONBLOCK);
    launcher.tell(
      probeMessage({
        interval: 20n * MS,
        startInterval: 20n * MS,
        startPeriod: 0n,
        timeout: 10_000n * MS,
        container: FIRST_OWN,
        output: FIRST_OWN + 1,
        file: FIRST_OWN + 3,
        fileSize: 0,
        directory: FIRST_OWN + 4,
        calls,
        ...order,
      }),
    );
    launcher.close();
    const records = (): HealthRecord[] => readHealth(readFileSync(file));
    await work({
      folder,
      pid: launcher.pid,
      records,
      async recorded(count) {
        while (records().length < count) await sleep(5);
        return records();
      },
      endContainer: container.kill,
      ended() {
        isReaped = true;
        return own.reap(launcher.pid, { isAwaited: true })!;
      },
    });
  } finally {
    container.kill();
    if (!isReaped) own.reap(launcher.pid, { isAwaited: true });
    rmSync(folder, { recursive: true });
  }
}

if (process.platform === 'linux') {
  test.serial(
    'a probe is repeated; its times, code and output are written down; it ends with the container',
    (t) =>
      withProbe(
        { script: 'echo "out $$"; sleep 0.03; echo err >&2; exit 3' },
        async ({ recorded, endContainer, ended, pid }) => {
          const [first, second] = await recorded(2);
          for (const { code, output } of [first!, second!]) {
            t.is(code, 3);
            t.regex(output.toString(), /^out \d+\nerr\n$/);
          }
          t.notDeepEqual(first!.output, second!.output);
          t.true(first!.end >= first!.start + 30n * MS);
          t.true(second!.start >= first!.end + 20n * MS);
          t.true(first!.start > BigInt(Date.now() - 60_000) * MS);
          const descriptors = readdirSync(`/proc/${pid}/fd`).length;
          t.true(descriptors <= 9, 'nothing is left open by a probe');
          endContainer();
          t.deepEqual(ended(), { code: 0, signal: null });
        },
      ),
  );

  test.serial('a probe that takes too long is killed; what it wrote is kept', (t) =>
    withProbe(
      { script: 'echo slow; echo $$ >"$FOLDER/pid"; exec sleep 100', timeout: 100n * MS },
      async ({ recorded, folder }) => {
        const [first] = await recorded(1);
        t.is(first!.code, HEALTH_CODE_TIMEOUT);
        t.is(first!.output.toString(), 'slow\n');
        t.true(first!.end - first!.start >= 100n * MS);
        const pid = readFileSync(join(folder, 'pid'), 'utf8').trim();
        t.throws(() => process.kill(Number(pid), 0));
      },
    ),
  );

  test.serial('a probe that cannot be started says why', (t) =>
    withProbe({ script: '', path: '/absent' }, async ({ recorded }) => {
      const [first, second] = await recorded(2);
      for (const { code, output } of [first!, second!]) {
        t.is(code, HEALTH_CODE_NOT_STARTED);
        t.is(output.readInt32LE(), 2);
      }
    }),
  );

  test.serial('a signal that ends a probe is in its code', (t) =>
    withProbe({ script: 'kill -s TERM $$' }, async ({ recorded }) => {
      t.is((await recorded(1))[0]!.code, 143);
    }),
  );

  test.serial(
    'of much output the first bytes are kept, and those of a late writer do not count for the next probe',
    (t) =>
      withProbe(
        {
          script: 'head -c 300000 /dev/zero; (exec >&2; sleep 0.03; echo late) & exit 0',
          interval: 100n * MS,
        },
        async ({ recorded }) => {
          for (const { code, output } of (await recorded(3)).slice(0, 3)) {
            t.is(code, 0);
            t.true(output.equals(Buffer.alloc(MAX_HEALTH_OUTPUT_BYTES)));
          }
        },
      ),
  );

  test.serial(
    'within the start period probes follow each other at its interval, until one has succeeded',
    (t) =>
      withProbe(
        {
          script: 'test -e "$FOLDER/up"',
          interval: 3_600_000n * MS,
          startInterval: 10n * MS,
          startPeriod: 60_000n * MS,
        },
        async ({ recorded, records, folder }) => {
          t.true((await recorded(3)).slice(0, 3).every(({ code }) => code === 1));
          writeFileSync(join(folder, 'up'), '');
          while (records().at(-1)!.code !== 0) await sleep(5);
          const count = records().length;
          await sleep(100);
          t.is(records().length, count);
        },
      ),
  );

  test.serial('when the start period is over the interval counts', (t) =>
    withProbe(
      { script: 'exit 1', interval: 3_600_000n * MS, startInterval: 10n * MS, startPeriod: 100n * MS },
      async ({ recorded, records }) => {
        await recorded(1);
        await sleep(250);
        const count = records().length;
        await sleep(100);
        t.is(records().length, count);
      },
    ),
  );

  test.serial('the file of the results stays small, and the last ones are there', (t) =>
    withProbe({ script: 'head -c 4096 /dev/zero', interval: MS }, async ({ recorded, folder }) => {
      while (!readdirSync(folder).includes('health.1')) await sleep(5);
      await recorded(2);
      t.true(statSync(join(folder, 'health')).size <= HEALTH_LIMIT);
      const before = readHealth(readFileSync(join(folder, 'health.1')));
      t.is(before.length, 15);
      t.true(before.every(({ output }) => output.length === MAX_HEALTH_OUTPUT_BYTES));
    }),
  );

  test.serial('a probe that runs when the container ends is not waited for', (t) =>
    withProbe(
      { script: 'echo >"$FOLDER/up"; exec sleep 1' },
      async ({ folder, endContainer, ended, records }) => {
        while (!readdirSync(folder).includes('up')) await sleep(5);
        endContainer();
        t.deepEqual(ended(), { code: 0, signal: null });
        t.is(records().length, 0);
      },
    ),
  );

  const testInside = process.getuid?.() === 0 ? test.serial : test.serial.skip;
  testInside('a probe is in the namespaces of the container, with its ids', (t) =>
    withProbe(
      { script: 'id -u; id -g; readlink /proc/self/ns/user; echo $$', isInside: true },
      async ({ recorded, endContainer, ended, pid }) => {
        const records = (await recorded(2)).slice(0, 2);
        records.forEach(({ code, output }, i) => {
          t.is(code, 0, output.toString());
          const [uid, gid, namespace, id] = output.toString().split('\n');
          t.deepEqual([uid, gid], ['3', '4']);
          t.not(namespace, readlinkSync('/proc/self/ns/user'));
          t.true(Number(id) < 30 * (i + 1), id);
        });
        t.is(readlinkSync(`/proc/${pid}/ns/user`), readlinkSync('/proc/self/ns/user'));
        endContainer();
        t.deepEqual(ended(), { code: 0, signal: null });
      },
    ),
  );
}
