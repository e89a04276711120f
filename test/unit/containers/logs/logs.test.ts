import { appendFileSync, closeSync, mkdirSync, openSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { findBoundary } from '../../../../src/containers/logs/find-boundary.js';
import {
  lineCounter,
  lineDropper,
  lineStamper,
  timeText,
} from '../../../../src/containers/logs/log-lines.js';
import {
  decodeRecords,
  encodeRecord,
  HEADER_BYTES,
  type LogRecord,
} from '../../../../src/containers/logs/log-records.js';
import { findTail } from '../../../../src/containers/logs/log-tail.js';
import { readLog } from '../../../../src/containers/logs/read-log.js';

const TIME = 1_700_000_000_123_456_789n;
type Out = Extract<LogRecord, { readonly data: Buffer }>;
const out = (text: string, time = TIME): Out => ({ stream: 'stdout', time, data: Buffer.from(text) });
const err = (text: string): Out => ({ ...out(text), stream: 'stderr' });
const END: LogRecord = { stream: 'end', time: TIME, code: 1, status: 7 };
const bytesOf = (records: readonly LogRecord[]): Buffer => Buffer.concat(records.map(encodeRecord));

const RECORDS = fc.array(
  fc.record({
    stream: fc.constantFrom('stdout' as const, 'stderr' as const),
    time: fc.bigInt({ min: 0n, max: 1n << 63n }),
    data: fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  }),
  { maxLength: 20 },
);

test('records: the layout of the monitor', (t) => {
  t.is(encodeRecord(out('ab', 1n)).toString('hex'), '010000000200000001000000000000006162');
  t.is(
    encodeRecord({ ...END, time: 2n }).toString('hex'),
    '000000000800000002000000000000000100000007000000',
  );
});

test('records: what is written in pieces is read whole', (t) => {
  fc.assert(
    fc.property(RECORDS, fc.integer({ min: 1, max: 64 }), (records, step) => {
      const bytes = bytesOf([...records, END]);
      const found: LogRecord[] = [];
      let rest: Buffer = Buffer.alloc(0);
      for (let at = 0; at < bytes.length; at += step) {
        const decoded = decodeRecords(Buffer.concat([rest, bytes.subarray(at, at + step)]));
        found.push(...decoded.records);
        rest = decoded.rest;
      }
      t.is(rest.length, 0);
      t.deepEqual(found, [...records, END]);
    }),
  );
});

test('records: other bytes are refused', (t) => {
  for (const bytes of [
    Buffer.alloc(HEADER_BYTES),
    Buffer.alloc(HEADER_BYTES, 1),
    Buffer.from('a text, no records'),
  ])
    t.throws(() => decodeRecords(bytes), { code: 'STORE_CORRUPT' });
});

test('lines: counted by stream, where they begin', (t) => {
  const count = (...records: Out[]) => {
    const counter = lineCounter();
    for (const record of records) counter.add(record);
    return counter.count();
  };
  t.is(count(out('a\nb\n')), 2);
  t.is(count(out('a'), err('x\n'), out('b\n')), 2);
  t.is(count(out('a\n'), out('b')), 2);
  t.is(count(out('\n\n')), 2);
});

test('lines: the first ones are dropped, in whatever pieces they come', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[ab\n]{1,5}$/), { maxLength: 8 }),
      fc.nat(10),
      (pieces, count) => {
        const drop = lineDropper(count);
        const kept = pieces.map((piece) => drop(out(piece)).toString()).join('');
        const lines = pieces.join('').match(/[^\n]*\n|[^\n]+$/g) ?? [];
        t.is(kept, lines.slice(count).join(''));
      },
    ),
  );
  const drop = lineDropper(1);
  t.is([out('a'), err('x\n'), out('b\nc\n')].map((record) => drop(record).toString()).join('|'), '|x\n|c\n');
});

test('lines: the time stands once in front of each', (t) => {
  const stamp = lineStamper();
  const time = '2023-11-14T22:13:20.123456789Z ';
  t.is(timeText(TIME), time.trim());
  t.is(stamp(out('a\nb')).toString(), `${time}a\n${time}b`);
  t.is(stamp(err('x\n')).toString(), `${time}x\n`);
  t.is(stamp(out('c\n')).toString(), 'c\n');
});

/** A log of more than the searched part. */
function longLog(makeData: (index: number) => string): {
  readonly bytes: Buffer;
  readonly places: ReadonlySet<number>;
} {
  const records: Buffer[] = [];
  const places = new Set<number>();
  let length = 0;
  for (let index = 0; length < 400_000; index++) {
    places.add(length);
    records.push(encodeRecord(out(makeData(index))));
    length += records.at(-1)!.length;
  }
  return { bytes: Buffer.concat(records), places };
}

test('boundary: a record begins there, for records of any length', (t) => {
  for (const size of [1, 30, 5000, 65_536]) {
    const { bytes, places } = longLog((index) => `${index}\n`.padEnd(size, 'x'));
    for (const cut of [200_001, 250_000, 262_144]) {
      const start = bytes.length - cut;
      const found = findBoundary(bytes.subarray(start));
      t.true(found !== undefined && places.has(start + found), `records of ${size}, the last ${cut}`);
    }
  }
});

test('boundary: chains of forged headers that lead nowhere are followed once', (t) => {
  const forged = Array.from({ length: 240_000 }, () => encodeRecord(out('x')));
  t.is(findBoundary(Buffer.concat([...forged, Buffer.alloc(HEADER_BYTES, 255)])), undefined);
});

test('boundary: a log that imitates records gives none, or a real one', (t) => {
  // Each write holds a record that ends exactly where the write does.
  const fake = encodeRecord(out('forged\n')).toString('latin1');
  const records: Buffer[] = [];
  const places = new Set<number>();
  for (let length = 0; length < 400_000; length += records.at(-1)!.length) {
    places.add(length);
    records.push(encodeRecord({ ...out(''), data: Buffer.from(`line\n${fake}`, 'latin1') }));
  }
  const bytes = Buffer.concat(records);
  const start = bytes.length - 262_144;
  const found = findBoundary(bytes.subarray(start));
  t.true(found === undefined || places.has(start + found));
});

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tsbuild-log-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('tail: the same lines as counting from the beginning', async (t) => {
  await withFolder(async (folder) => {
    const path = join(folder, 'log');
    const lines = Array.from({ length: 40_000 }, (_, index) => `line ${index} ${'x'.repeat(index % 50)}\n`);
    writeFileSync(path, bytesOf(lines.map((line, index) => (index % 3 === 0 ? err(line) : out(line)))));
    const fd = openSync(path, 'r');
    const { size } = statSync(path);
    for (const wanted of [0, 1, 10, 3000, 20_000, 40_000, 50_000]) {
      const { shown, dropped } = findTail(fd, size, wanted);
      t.is(shown, Math.min(wanted, 40_000));
      const text = await textOf(folder, { tail: wanted });
      t.is(
        text,
        lines.slice(lines.length - Math.min(wanted, lines.length)).join(''),
        `${wanted} of them, ${dropped}`,
      );
    }
    t.true(findTail(fd, size, 10).offset > size - 300_000);
    closeSync(fd);
  });
});

async function textOf(
  folder: string,
  choice: { readonly tail?: number; readonly isOver?: (end: bigint | undefined) => boolean },
): Promise<string> {
  const { signal } = new AbortController();
  let text = '';
  const place = { directory: folder, log: join(folder, 'log') };
  for await (const { data } of readLog(place, { signal, ...choice })) text += data.toString();
  return text;
}

test('reading: the older file first; its lines count for the tail', async (t) => {
  await withFolder(async (folder) => {
    writeFileSync(join(folder, 'log.1'), bytesOf([out('a\n'), err('b\n')]));
    writeFileSync(join(folder, 'log'), bytesOf([out('c\n'), END]));
    t.is(await textOf(folder, {}), 'a\nb\nc\n');
    t.is(await textOf(folder, { tail: 2 }), 'b\nc\n');
    t.is(await textOf(folder, { tail: 1 }), 'c\n');
  });
});

test('reading: no log is no output; what is cut is left out', async (t) => {
  await withFolder(async (folder) => {
    t.is(await textOf(folder, {}), '');
    writeFileSync(join(folder, 'log'), bytesOf([out('a\n'), out('b\n')]).subarray(0, -1));
    t.is(await textOf(folder, {}), 'a\n');
  });
});

test('following: what is written later, through a new file, to the end record', async (t) => {
  await withFolder(async (folder) => {
    const path = join(folder, 'log');
    writeFileSync(path, bytesOf([out('a\n')]));
    let looks = 0;
    const isOver = (end: bigint | undefined) => {
      looks += 1;
      if (looks === 1) appendFileSync(path, bytesOf([out('b\n')]));
      if (looks === 2) {
        appendFileSync(path, bytesOf([out('c\n')]));
        renameSync(path, `${path}.1`);
        writeFileSync(path, bytesOf([out('d\n')]));
      }
      if (looks === 3) appendFileSync(path, bytesOf([out('e\n'), END]));
      return end !== undefined;
    };
    t.is(await textOf(folder, { isOver }), 'a\nb\nc\nd\ne\n');
  });
});

test('following: what was written before the container was over is never lost', async (t) => {
  await withFolder(async (folder) => {
    const path = join(folder, 'log');
    mkdirSync(folder, { recursive: true });
    const isOver = () => {
      appendFileSync(path, bytesOf([out('last\n')]));
      return true;
    };
    t.is(await textOf(folder, { isOver }), 'last\n');
  });
});
