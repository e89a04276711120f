import test from 'ava';
import fc from 'fast-check';
import {
  decodeAnswer,
  encodeCalls,
  type RemoteArgument,
  type RemoteCall,
} from '../../../../src/sandbox/launcher/call-message.js';

const BASE = 0x7ffd_1234_5000;

interface Seen {
  readonly number: number;
  readonly args: readonly bigint[];
}

/** What the launcher does with a message, in the place of its machine code: `execute` gives the result of call i. */
function serve(data: Buffer, execute: (i: number, call: Seen, memory: Buffer) => bigint): Seen[] {
  const count = Number(data.readBigUInt64LE(0));
  const at = (address: bigint): number => Number(address) - BASE;
  const seen: Seen[] = [];
  for (let i = 0; i < count; i++) {
    const record = 16 + 64 * i;
    const args = [1, 2, 3, 4, 5, 6].map((n) =>
      data.readBigUInt64LE(at(data.readBigUInt64LE(record + 8 * n))),
    );
    const call = { number: Number(data.readBigUInt64LE(record)), args };
    seen.push(call);
    const result = execute(i, call, data);
    data.writeBigInt64LE(result, record + 56);
    if (result < 0n) break;
  }
  return seen;
}

const word = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 32 }),
  fc.maxSafeInteger(),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);

test('property: every argument reaches its call, as a number, as the address of its bytes or as an earlier result', (t) => {
  const bytes = fc.record({ bytes: fc.uint8Array({ maxLength: 40 }), isWritten: fc.boolean() });
  const argument = fc.oneof(word, bytes, fc.record({ resultOf: fc.nat(5) }));
  const call = fc.record({ number: fc.nat(500), args: fc.array(argument, { maxLength: 6 }) });
  fc.assert(
    fc.property(fc.array(call, { minLength: 1, maxLength: 6 }), (given) => {
      const calls: RemoteCall[] = given.map(({ number, args }, i) => ({
        number,
        args: args.map((arg): RemoteArgument =>
          typeof arg === 'object' && 'resultOf' in arg ? (i === 0 ? 7 : { resultOf: arg.resultOf % i }) : arg,
        ),
      }));
      const message = encodeCalls(calls, BASE);
      const memory = message.data;
      const seen = serve(memory, (i) => BigInt(i + 100));
      seen.forEach(({ number, args }, i) => {
        t.is(number, calls[i]!.number);
        calls[i]!.args.forEach((arg, n) => {
          if (typeof arg === 'number' || typeof arg === 'bigint')
            t.is(args[n], BigInt.asUintN(64, BigInt(arg)));
          else if ('resultOf' in arg) t.is(args[n], BigInt(arg.resultOf + 100));
          else {
            const start = Number(args[n]) - BASE;
            t.deepEqual([...memory.subarray(start, start + arg.bytes.length)], [...arg.bytes]);
          }
        });
        t.true(args.slice(calls[i]!.args.length).every((rest) => rest === 0n));
      });
      const results = decodeAnswer(message, calls.length, memory.subarray(0, message.answerBytes));
      t.deepEqual(
        results,
        calls.map((_, i) => i + 100),
      );
    }),
    { numRuns: 200 },
  );
});

test('what a call writes comes back, and nothing after the first failure counts', (t) => {
  const [written, kept] = [new Uint8Array(12), Uint8Array.of(1, 2, 3)];
  const calls: RemoteCall[] = [
    {
      number: 1,
      args: [
        { bytes: written, isWritten: true },
        { bytes: kept, isWritten: false },
      ],
    },
    { number: 2, args: [] },
    { number: 3, args: [] },
  ];
  const message = encodeCalls(calls, BASE);
  const seen = serve(message.data, (i, { args }, memory) => {
    if (i === 0) memory.fill(9, Number(args[0]) - BASE, Number(args[0]) - BASE + 12);
    return i === 1 ? -2n : 0x1_0000_0005n;
  });
  t.is(seen.length, 2);
  const results = decodeAnswer(message, 3, message.data.subarray(0, message.answerBytes));
  t.deepEqual(results, [0x1_0000_0005, -2]);
  t.true(written.every((byte) => byte === 9));
  t.deepEqual([...kept], [1, 2, 3]);
});
