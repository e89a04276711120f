import test from 'ava';
import fc from 'fast-check';
import {
  firstShape,
  nextStep,
  type BodyOutcome,
  type Shape,
  type Trial,
} from '../../../../src/registry/push/next-step.js';

const MIB = 1 << 20;
const limits = { size: 200 * MIB, maxChunkBytes: Infinity };
const put: Trial = { shape: { kind: 'put' }, failures: 0 };
const patch: Trial = { shape: { kind: 'patch' }, failures: 0 };
const chunks = (bytes: number): Trial => ({ shape: { kind: 'chunks', bytes }, failures: 0 });
const answer = (status: number, ...codes: string[]): BodyOutcome => ({ kind: 'answer', status, codes });

test('what counts as taken', (t) => {
  for (const status of [200, 201, 202, 204])
    t.deepEqual(nextStep(put, answer(status), limits), { kind: 'done' });
});

test('a PUT that is not wanted becomes a PATCH, once', (t) => {
  for (const status of [404, 405, 413, 416, 501]) {
    const step = nextStep({ ...put, failures: 2 }, answer(status), limits);
    t.like(step, { kind: 'again', trial: { shape: { kind: 'patch' }, failures: 2 }, isPause: false });
  }
  for (const status of [405, 501]) t.is(nextStep(patch, answer(status), limits).kind, 'refused');
});

test('what is too long is cut smaller and smaller', (t) => {
  const sizes: number[] = [];
  let trial = patch;
  for (;;) {
    const step = nextStep(trial, answer(413), limits);
    if (step.kind !== 'again') break;
    trial = step.trial;
    if (trial.shape.kind === 'chunks') sizes.push(trial.shape.bytes);
  }
  t.is(sizes[0], 48 * MIB);
  t.true(sizes.at(-1)! >= 16 << 10 && sizes.at(-1)! < 64 << 10);
  t.is(trial.failures, 0);
});

test('no chunks where the registry has none', (t) => {
  t.is(nextStep(patch, answer(413), { ...limits, maxChunkBytes: 0 }).kind, 'refused');
  t.like(nextStep(patch, answer(413), { ...limits, maxChunkBytes: 4 * MIB }), {
    trial: { shape: { kind: 'chunks', bytes: 4 * MIB } },
  });
});

test('broken bodies are sent four times in all', (t) => {
  let trial = put;
  const waits: boolean[] = [];
  for (;;) {
    const step = nextStep(trial, { kind: 'broken', isSilence: false }, limits);
    if (step.kind !== 'again') break;
    waits.push(step.isPause);
    trial = step.trial;
  }
  t.deepEqual(waits, [true, true, true]);
  t.deepEqual(trial.shape, put.shape);
});

test('a registry that falls silent is waited for twice', (t) => {
  const silence: BodyOutcome = { kind: 'broken', isSilence: true };
  const step = nextStep(put, silence, limits);
  if (step.kind !== 'again') return t.fail();
  t.is(nextStep(step.trial, silence, limits).kind, 'refused');
});

test('too much at once: 429, and what Nexus answers', (t) => {
  const crowded = { kind: 'again', isPause: true, isCrowded: true };
  t.like(nextStep(put, answer(429), limits), crowded);
  t.like(nextStep(put, answer(400, 'BLOB_UPLOAD_INVALID'), limits), crowded);
  t.like(nextStep(put, answer(503), limits), { kind: 'again', isPause: true, isCrowded: false });
});

test('a token that ended on the way, a session that is gone', (t) => {
  t.like(nextStep(put, answer(401), limits), { kind: 'again', trial: { failures: 1 } });
  t.like(nextStep(chunks(MIB), answer(416), limits), { kind: 'again', trial: { failures: 1 } });
  t.like(nextStep(patch, answer(404), limits), { kind: 'again', trial: { failures: 1 } });
});

test('refusals are not tried again', (t) => {
  t.is(nextStep(put, answer(403, 'DENIED'), limits).kind, 'refused');
  t.is(nextStep(put, answer(400, 'DIGEST_INVALID'), limits).kind, 'refused');
  t.is(nextStep(put, answer(400), limits).kind, 'refused');
});

test('it always ends', (t) => {
  const outcomes = fc.oneof(
    fc.boolean().map<BodyOutcome>((isSilence) => ({ kind: 'broken', isSilence })),
    fc.integer({ min: 300, max: 599 }).map((status) => answer(status)),
    fc.constantFrom(answer(413), answer(416), answer(400, 'BLOB_UPLOAD_INVALID')),
  );
  fc.assert(
    fc.property(fc.infiniteStream(outcomes), fc.integer({ min: 0, max: 1e12 }), (stream, size) => {
      let trial = put;
      let steps = 0;
      for (const outcome of stream) {
        const step = nextStep(trial, outcome, { ...limits, size });
        if (step.kind !== 'again') break;
        trial = step.trial;
        steps += 1;
      }
      t.true(steps <= 20);
    }),
  );
});

test('the first shape', (t) => {
  const shape = (chunkBytes: number | undefined, maxChunkBytes = Infinity): Shape =>
    firstShape({ size: 10 * MIB, maxChunkBytes }, chunkBytes);
  t.deepEqual(shape(undefined), { kind: 'put' });
  t.deepEqual(shape(10 * MIB), { kind: 'put' });
  t.deepEqual(shape(MIB), { kind: 'chunks', bytes: MIB });
  t.deepEqual(shape(8 * MIB, 4 * MIB), { kind: 'chunks', bytes: 4 * MIB });
  t.deepEqual(shape(MIB, 0), { kind: 'put' });
});
