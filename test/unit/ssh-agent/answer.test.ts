// The protocol of the agent with keys that node:crypto makes: what it lists, what it signs, what it refuses.
import test from 'ava';
import fc from 'fast-check';
import { createPublicKey, generateKeyPairSync, verify, type KeyObject } from 'node:crypto';
import { readAgentKey, type AgentKey } from '../../../src/ssh-agent/agent-key.js';
import { answer } from '../../../src/ssh-agent/answer.js';
import { createSplitter, MAX_MESSAGE } from '../../../src/ssh-agent/split-messages.js';
import { mpint, readWire, string, uint32 } from '../../../src/ssh-agent/wire.js';

const ed25519 = generateKeyPairSync('ed25519').privateKey;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ecdsa = ['P-256', 'P-384', 'P-521'].map(
  (namedCurve) => generateKeyPairSync('ec', { namedCurve }).privateKey,
);
const data = Buffer.from('what is to be signed');

function agentKey(key: KeyObject): AgentKey {
  const read = readAgentKey(key.export({ type: 'pkcs8', format: 'pem' }).toString());
  if ('problem' in read) throw new Error(read.problem);
  return read.key;
}

function request(blob: Buffer, flags: number): Buffer {
  return Buffer.concat([Buffer.of(13), string(blob), string(data), uint32(flags)]);
}

function signatureOf(key: AgentKey, flags = 0) {
  const reply = answer([agentKey(ed25519), key], request(key.publicBlob, flags));
  const reader = readWire(readWire(reply.subarray(1)).string());
  return {
    type: reply[0],
    algorithm: reader.string().toString(),
    value: reader.string(),
    rest: reader.rest().length,
  };
}

test('lists its keys in their order', (t) => {
  const keys = [ed25519, rsa, ...ecdsa].map(agentKey);
  const reply = answer(keys, Buffer.of(11));
  t.is(reply[0], 12);
  const reader = readWire(reply.subarray(1));
  t.is(reader.uint32(), 5);
  const names = keys.map(({ publicBlob }) => {
    const blob = reader.string();
    t.deepEqual(blob, publicBlob);
    t.is(reader.string().length, 0);
    return readWire(blob).string().toString();
  });
  t.deepEqual(names, [
    'ssh-ed25519',
    'ssh-rsa',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
  ]);
  t.is(reader.rest().length, 0);
});

test('signs with Ed25519 and RSA as the flags say', (t) => {
  const own = signatureOf(agentKey(ed25519));
  t.like(own, { type: 14, algorithm: 'ssh-ed25519', rest: 0 });
  t.true(verify(null, data, createPublicKey(ed25519), own.value));
  for (const [flags, algorithm, hash] of [
    [2, 'rsa-sha2-256', 'sha256'],
    [4, 'rsa-sha2-512', 'sha512'],
    [0, 'ssh-rsa', 'sha1'],
  ] as const) {
    const signature = signatureOf(agentKey(rsa), flags);
    t.like(signature, { type: 14, algorithm, rest: 0 });
    t.true(verify(hash, data, createPublicKey(rsa), signature.value));
  }
});

test('signs with ECDSA', (t) => {
  const [sizes, hashes] = [
    [32, 48, 66],
    ['sha256', 'sha384', 'sha512'],
  ];
  for (const [i, key] of ecdsa.entries()) {
    const { value } = signatureOf(agentKey(key));
    const reader = readWire(value);
    const pair = [reader.string(), reader.string()].map((number) => {
      const digits = number[0] === 0 ? number.subarray(1) : number;
      return Buffer.concat([Buffer.alloc(sizes[i]! - digits.length), digits]);
    });
    t.true(
      verify(hashes[i]!, data, { key: createPublicKey(key), dsaEncoding: 'ieee-p1363' }, Buffer.concat(pair)),
    );
  }
});

test('refuses keys it has not, messages cut short, and whatever would change it', (t) => {
  const keys = [agentKey(ed25519)];
  const failure = Buffer.of(5);
  t.deepEqual(answer(keys, request(agentKey(rsa).publicBlob, 0)), failure);
  const whole = request(agentKey(ed25519).publicBlob, 0);
  for (let length = 1; length < whole.length; length++)
    t.deepEqual(answer(keys, whole.subarray(0, length)), failure);
  t.deepEqual(answer(keys, Buffer.concat([whole, Buffer.of(0)])), failure);
  for (const type of [1, 9, 17, 18, 19, 20, 22, 23, 25, 26, 27, 255])
    t.deepEqual(answer(keys, Buffer.of(type)), failure);
  t.deepEqual(answer(keys, Buffer.alloc(0)), failure);
});

test('any message gets an answer', (t) => {
  const keys = [agentKey(ed25519)];
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => [5, 12, 14].includes(answer(keys, Buffer.from(bytes))[0]!)),
  );
  t.pass();
});

test('messages come whole, however they are cut', (t) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), fc.array(fc.nat(400)), (messages, cuts) => {
      const stream = Buffer.concat(messages.map((message) => string(message)));
      const places = [
        0,
        ...cuts.filter((cut) => cut < stream.length).toSorted((a, b) => a - b),
        stream.length,
      ];
      const split = createSplitter();
      const got = places.slice(1).flatMap((end, i) => split(stream.subarray(places[i]!, end)) ?? []);
      t.deepEqual(
        got,
        messages.map((message) => Buffer.from(message)),
      );
    }),
  );
  t.is(createSplitter()(uint32(MAX_MESSAGE + 1)), undefined);
});

test('whole numbers are as short as their sign allows', (t) => {
  t.is(mpint(Buffer.of(0, 0)).toString('hex'), '00000000');
  t.is(mpint(Buffer.of(0, 0x7f)).toString('hex'), '000000017f');
  t.is(mpint(Buffer.of(0x80)).toString('hex'), '000000020080');
});
