import test from 'ava';
import {
  MAX_CLIENTS,
  MAX_RECORD_DATA_BYTES,
  monitorMessage,
  RECORD_HEADER_BYTES,
  type MonitorOrder,
} from '../../../../src/sandbox/monitor/monitor-message.js';
import { placeProgram, programBlock } from '../../../../src/sandbox/monitor/place-program.js';
import { initMessage } from '../../../../src/sandbox/monitor/init-message.js';
import { PROBE_CALLS, probeMessage, type ProbeOrder } from '../../../../src/sandbox/monitor/probe-message.js';
import { makeMessage, restMessage } from '../../../../src/sandbox/launcher/make-message.js';

const ORDER: MonitorOrder = {
  output: 4,
  process: 9,
  directory: 6,
  log: 7,
  logSize: 0x1_0000_0001,
  clients: [11, 12],
  firstFinishes: true,
};

/** Pairs of a descriptor and the events that are waited for. */
function polls(message: Buffer, at: number): readonly (readonly [number, number])[] {
  return Array.from({ length: 12 }, (_, i) => [
    message.readInt32LE(at + 8 * i),
    message.readInt16LE(at + 8 * i + 4),
  ]);
}

test('an order to monitor has what is given where the machine code looks for it', (t) => {
  const message = monitorMessage({ ...ORDER, logLimit: 5, program: { path: 1n, argv: 2n, env: 3n } });
  t.is(message.length, 160);
  t.deepEqual(
    [0, 8, 16, 40, 48, 56].map((at) => message.readBigInt64LE(at)),
    [-3n, 5n, 0x1_0000_0001n, 1n, 2n, 3n],
  );
  t.deepEqual(
    [24, 28, 32, 36].map((at) => message.readInt32LE(at)),
    [7, 6, -1, 1],
  );
  const descriptors = [9, 4, -1, -1, 11, 12, -1, -1, -1, -1, -1, -1];
  t.deepEqual(
    polls(message, 64),
    descriptors.map((fd) => [fd, 1] as const),
  );
  t.is(MAX_CLIENTS, 8);
  t.is(RECORD_HEADER_BYTES + MAX_RECORD_DATA_BYTES + 0xff0, 0x10000);
});

test('what is absent is no descriptor, no limit and no program', (t) => {
  const message = monitorMessage({ ...ORDER, log: undefined, clients: [], firstFinishes: false });
  t.deepEqual(
    [24, 36].map((at) => message.readInt32LE(at)),
    [-1, 0],
  );
  t.deepEqual(
    [8, 40, 48, 56].map((at) => message.readBigInt64LE(at)),
    [0n, 0n, 0n, 0n],
  );
});

test('the texts of a program lie behind each other; pointers lead to them', (t) => {
  const program = { path: '/bin/a', argv: ['a', 'é', ''], env: ['B=c'] };
  const { bytes, argv, env } = programBlock(program);
  t.is(bytes.toString(), '/bin/a\0a\0é\0\0B=c\0');
  t.deepEqual([argv, env], [[7, 9, 12], [13]]);
  const placed: Uint8Array[] = [];
  const place = (part: Uint8Array): bigint => BigInt(1000 * placed.push(part));
  t.deepEqual(placeProgram({ place }, program), { path: 1000n, argv: 2000n, env: 3000n });
  const pointers = placed.slice(1).map((part) => [...new BigUint64Array(part.buffer)]);
  t.deepEqual(pointers, [
    [1007n, 1009n, 1012n, 0n],
    [1013n, 0n],
  ]);
});

const PROBE: ProbeOrder = {
  interval: 1n,
  startInterval: 2n,
  startPeriod: 3n,
  timeout: 4n,
  container: 5,
  output: 6,
  file: 7,
  fileSize: 8,
  directory: 9,
  calls: Buffer.from('calls'),
};

test('an order to probe has what is given where the machine code looks for it', (t) => {
  const message = probeMessage(PROBE);
  t.deepEqual(
    [0, 8, 16, 40, 48, 56, 64].map((at) => message.readBigInt64LE(at)),
    [-6n, 0x10000n, 8n, 1n, 2n, 3n, 4n],
  );
  t.deepEqual(
    [24, 28].map((at) => message.readInt32LE(at)),
    [7, 9],
  );
  t.deepEqual(polls(message, 72).slice(0, 3), [
    [5, 1],
    [6, 1],
    [-1, 1],
  ]);
  t.is(message.subarray(PROBE_CALLS).toString(), 'calls');
  t.throws(() => probeMessage({ ...PROBE, calls: Buffer.alloc(0xc001) }), {
    message: /fit into its message/,
  });
});

test('orders without much to say', (t) => {
  t.is(initMessage().toString('hex'), 'fbffffffffffffff');
  t.is(restMessage().toString('hex'), 'fcffffffffffffff');
  t.is(makeMessage(5, 17).toString('hex'), 'feffffffffffffff11000000000000000500000000000000');
});
