import test from 'ava';
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { outputOf, readRecords, statusIn, withMonitored, type LogRecord } from './monitored.js';

const EXITED = 1;
const KILLED = 2;
const MIB = 1024 * 1024;

/** Of a client, until its end. */
function readAll(fd: number): LogRecord[] {
  const bytes = readRest(fd);
  closeSync(fd);
  return readRecords(bytes);
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(5);
}

if (process.platform === 'linux') {
  test.serial('output is in the log with its stream and time, then the end; the exit is in its file', (t) =>
    withMonitored(
      { script: 'echo out; sleep 0.05; echo err >&2; exit 3' },
      async ({ ended, file, folder }) => {
        const before = BigInt(Date.now() - 60_000) * 1_000_000n;
        t.deepEqual(await ended(), { code: 0, signal: null });
        const records = readRecords(file('log'));
        t.deepEqual(
          records.slice(0, 2).map(({ stream, data }) => [stream, data.toString()]),
          [
            [1, 'out\n'],
            [2, 'err\n'],
          ],
        );
        t.is(records[2]!.stream, 0);
        t.deepEqual(statusIn(records[2]!.data), [EXITED, 3]);
        t.is(records.length, 3);
        records.forEach(({ time }, i) => t.true(time > (records[i - 1]?.time ?? before)));
        t.is(file('exit').length, 16);
        t.deepEqual(statusIn(file('exit')), [EXITED, 3]);
        t.true(file('exit').readBigUInt64LE(8) > records[1]!.time);
        t.deepEqual(readdirSync(folder).sort(), ['exit', 'log']);
      },
    ),
  );

  test.serial('a signal that ends the command is in the exit', (t) =>
    withMonitored({ script: 'exec sleep 100' }, async ({ ended, file, command }) => {
      process.kill(command, 'SIGKILL');
      await ended();
      t.deepEqual(statusIn(file('exit')), [KILLED, 9]);
      t.deepEqual(statusIn(readRecords(file('log'))[0]!.data), [KILLED, 9]);
    }),
  );

  test.serial('no byte of much output is missing or changed, in the log and at a client that is slow', (t) =>
    withMonitored(
      { script: 'head -c 33554432 /dev/urandom | tee "$FOLDER/copy"', clients: 1 },
      async ({ ended, file, clients: [client] }) => {
        await sleep(300);
        const received = readAll(client!);
        await ended();
        const sum = createHash('sha256').update(file('copy')).digest('hex');
        for (const records of [readRecords(file('log')), received]) {
          t.is(createHash('sha256').update(outputOf(records)).digest('hex'), sum);
          t.is(records.at(-1)!.stream, 0);
        }
        t.true(received.every(({ data }) => data.length <= 0xf000));
      },
    ),
  );

  test.serial('what is written by what outlives the command is taken for a moment', (t) =>
    withMonitored(
      { script: '(sleep 0.05; echo late; sleep 100) & echo $!; exit 0' },
      async ({ ended, file }) => {
        await ended();
        const records = readRecords(file('log'));
        const [pid, late] = outputOf(records).toString().split('\n');
        t.is(late, 'late');
        t.is(records.at(-1)!.stream, 0);
        process.kill(Number(pid), 'SIGKILL');
      },
    ),
  );

  test.serial('both outputs may be closed before the command ends', (t) =>
    withMonitored({ script: 'echo a; exec >&- 2>&-; sleep 0.1; exit 4' }, async ({ ended, file }) => {
      await ended();
      const records = readRecords(file('log'));
      t.is(outputOf(records).toString(), 'a\n');
      t.deepEqual(statusIn(records.at(-1)!.data), [EXITED, 4]);
    }),
  );

  test.serial('a terminal that nobody has open for a moment is read again', (t) =>
    withMonitored(
      {
        script:
          'echo a; exec >/dev/null; sleep 0.3; echo b >$TERMINAL; sleep 0.2; exec >$TERMINAL; echo c; exit 3',
        hasTerminal: true,
      },
      async ({ ended, file }) => {
        await ended();
        const records = readRecords(file('log'));
        t.is(outputOf(records).toString(), 'a\r\nb\r\nc\r\n');
        t.deepEqual(statusIn(records.at(-1)!.data), [EXITED, 3]);
      },
    ),
  );

  test.serial('clients come, get what is written from then on, go, and do not disturb', (t) =>
    withMonitored(
      {
        script: 'read a; echo first; read a; echo second; read a; exit 0',
        hasListener: true,
        hasInput: true,
        clients: 1,
      },
      async ({ ended, connect, file, clients: [first], monitor, input }) => {
        const stdin = openSync(`/proc/${monitor}/fd/${input}`, 'w');
        const descriptors = (): number => readdirSync(`/proc/${monitor}/fd`).length;
        const before = descriptors();
        const one = await connect();
        await until(() => descriptors() === before + 1);
        writeSync(stdin, '1\n');
        const got = await new Promise<Buffer>((resolve) => one.once('data', resolve));
        t.deepEqual(
          readRecords(got).map(({ data }) => data.toString()),
          ['first\n'],
        );
        one.destroy();
        await until(() => descriptors() === before);
        const two = await connect();
        const parts: Buffer[] = [];
        two.on('data', (data: Buffer) => parts.push(data));
        const isOver = new Promise((resolve) => two.once('close', resolve));
        await until(() => descriptors() === before + 1);
        writeSync(stdin, '2\n3\n');
        closeSync(stdin);
        await isOver;
        await ended();
        const records = readRecords(Buffer.concat(parts));
        t.is(outputOf(records).toString(), 'second\n');
        t.is(records.at(-1)!.stream, 0);
        t.deepEqual(readAll(first!), readRecords(file('log')));
      },
    ),
  );

  test.serial('more clients than there is room for are turned away', (t) =>
    withMonitored({ script: 'sleep 0.5', hasListener: true }, async ({ ended, connect }) => {
      const clients = [];
      for (let i = 0; i < 9; i++) clients.push(await connect());
      const sizes = clients.map(
        (client) =>
          new Promise<number>((resolve) => {
            let size = 0;
            client.on('data', (data) => (size += data.length)).once('close', () => resolve(size));
          }),
      );
      await ended();
      t.deepEqual(await Promise.all(sizes), [...Array.from({ length: 8 }, () => 24), 0]);
    }),
  );

  test.serial('a byte of a client closes the input that the monitor holds', (t) =>
    withMonitored(
      { script: 'cat; exit 5', hasInput: true, clients: 2 },
      async ({ ended, file, clients, monitor, input }) => {
        const stdin = openSync(`/proc/${monitor}/fd/${input}`, 'w');
        writeSync(clients[1]!, 'x');
        await until(() => !existsSync(`/proc/${monitor}/fd/${input}`));
        writeSync(clients[1]!, 'again');
        writeSync(stdin, 'typed\n');
        closeSync(stdin);
        await ended();
        t.is(outputOf(readRecords(file('log'))).toString(), 'typed\n');
        t.deepEqual(statusIn(file('exit')), [EXITED, 5]);
        clients.forEach(closeSync);
      },
    ),
  );

  test.serial('at last the program is executed, and the descriptors of the container are closed', (t) =>
    withMonitored(
      {
        script: 'echo a; exit 1',
        program: {
          path: '/bin/bash',
          argv: ['bash', '-c', 'cd /proc/self/fd; echo ${#V} * >6/finished; exit 9'],
          env: [`V=${'v'.repeat(100_000)}`],
        },
        clients: 1,
      },
      async ({ ended, file, clients: [client] }) => {
        t.is(readAll(client!).length, 2);
        t.deepEqual(await ended(), { code: 9, signal: null });
        // 6 is the directory, 7 the log; 3 and 255 are of the shell itself.
        t.regex(file('finished').toString(), /^100000 0 1 2 (25\d )?(3 )?6 7\n$/);
      },
    ),
  );

  for (const stays of [true, false])
    test.serial(`when the first client finishes and ${stays ? 'stays' : 'is gone'}`, (t) =>
      withMonitored(
        {
          script: 'sleep 0.2',
          program: { path: '/bin/sh', argv: ['sh', '-c', 'exit 9'], env: [] },
          clients: 2,
          order: { firstFinishes: true },
        },
        async ({ ended, clients }) => {
          if (!stays) closeSync(clients[0]!);
          t.deepEqual(await ended(), { code: stays ? 0 : 9, signal: null });
          if (stays) t.is(readAll(clients[0]!).length, 1);
          t.is(readAll(clients[1]!).length, 1);
        },
      ),
    );

  test.serial('a client that takes nothing does not keep the end of the container from being noticed', (t) =>
    withMonitored(
      { script: 'exec head -c 30000000 /dev/zero', clients: 1 },
      async ({ ended, file, clients: [stuck], command }) => {
        let size = -1;
        while (file('log').length > size) {
          size = file('log').length;
          await sleep(100);
        }
        process.kill(command, 'SIGKILL');
        await ended();
        t.deepEqual(statusIn(file('exit')), [KILLED, 9]);
        t.true(outputOf(readRecords(file('log'))).length > 0);
        t.not(readAll(stuck!).at(-1)!.stream, 0);
      },
    ),
  );

  const RLIMIT_FSIZE = 1;
  test.serial('a log that cannot be written has whole records only, and clients have all of them', (t) =>
    withMonitored(
      {
        script: 'for i in 1 2 3; do head -c 30000 /dev/zero; sleep 0.1; done; echo end; exit 3',
        clients: 1,
        prepare: (calls) => calls.setLimit(RLIMIT_FSIZE, 50_000n, 50_000n),
      },
      async ({ ended, file, clients: [client] }) => {
        const received = readAll(client!);
        await ended();
        const records = readRecords(file('log'));
        t.is(
          file('log').length,
          records.reduce((sum, { data }) => sum + 16 + data.length, 0),
        );
        t.is(outputOf(received).length, 90_004);
        t.deepEqual(statusIn(records.at(-1)!.data), [EXITED, 3]);
        t.true(outputOf(records).length >= 30_004);
        t.true(outputOf(records).length <= 50_000);
        t.deepEqual(statusIn(file('exit')), [EXITED, 3]);
      },
    ),
  );

  test.serial('the log begins anew at its limit, and one who follows misses nothing', (t) =>
    withMonitored(
      { script: 'i=0; while [ $i -lt 20000 ]; do echo $i; i=$((i+1)); done', order: { logLimit: 100_000 } },
      async ({ ended, file, folder }) => {
        const followed = follow(folder);
        await ended();
        t.is(
          outputOf(await followed).toString(),
          Array.from({ length: 20_000 }, (_, i) => `${i}\n`).join(''),
        );
        for (const name of ['log', 'log.1']) t.true(file(name).length <= 100_000);
        t.deepEqual(readdirSync(folder).sort(), ['exit', 'log', 'log.1']);
      },
    ),
  );
}

/** As a reader of logs does it. */
async function follow(folder: string): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  let fd = openSync(join(folder, 'log'), 'r');
  let rest = Buffer.alloc(0);
  for (;;) {
    const isReplaced = !isSame(fd, join(folder, 'log'));
    rest = Buffer.concat([rest, readRest(fd)]);
    const whole = readRecords(rest);
    records.push(...whole);
    rest = rest.subarray(whole.reduce((sum, { data }) => sum + 16 + data.length, 0));
    if (records.at(-1)?.stream === 0) return records;
    if (isReplaced) {
      closeSync(fd);
      fd = openSync(join(folder, 'log'), 'r');
    }
    await sleep(1);
  }
}

function readRest(fd: number): Buffer {
  const parts: Buffer[] = [];
  const buffer = Buffer.alloc(MIB);
  for (let got; (got = readSync(fd, buffer)) > 0;) parts.push(Buffer.from(buffer.subarray(0, got)));
  return Buffer.concat(parts);
}

function isSame(fd: number, path: string): boolean {
  return fstatSync(fd).ino === statSync(path, { throwIfNoEntry: false })?.ino;
}
