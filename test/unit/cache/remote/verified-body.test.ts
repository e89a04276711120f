// The last bytes leave only when all of them are right.
import test from 'ava';
import fc from 'fast-check';
import { verifiedBody } from '../../../../src/cache/remote/verified-body.js';
import { digestOf } from '../../../../src/core/digest.js';

const signal = new AbortController().signal;

async function* given(chunks: readonly Uint8Array[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

test('bytes that have their digest pass as they are', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 20 })), async (chunks) => {
      const whole = Buffer.concat(chunks);
      const blob = { digest: digestOf(whole), size: whole.length };
      const passed: Buffer[] = [];
      for await (const chunk of verifiedBody(blob, given(chunks), signal)) passed.push(chunk);
      t.deepEqual(Buffer.concat(passed), whole);
    }),
  );
});

for (const [what, text] of [
  ['others', 'ABCDEF'],
  ['fewer', 'ABCDE'],
  ['more', 'abcdefg'],
] as const)
  test(`${what}: they never leave whole`, async (t) => {
    const blob = { digest: digestOf('abcdef'), size: 6 };
    let sent = 0;
    const send = async (): Promise<void> => {
      const chunks = [text.slice(0, 3), text.slice(3)].map((part) => Buffer.from(part));
      for await (const chunk of verifiedBody(blob, given(chunks), signal)) sent += chunk.length;
    };
    await t.throwsAsync(send(), { code: 'STORE_CORRUPT' });
    t.true(sent < 6);
  });

test('an interrupted build sends no more', async (t) => {
  const blob = { digest: digestOf('a'), size: 1 };
  await t.throwsAsync(verifiedBody(blob, given([Buffer.from('a')]), AbortSignal.abort()).next(), {
    code: 'ABORTED',
  });
});
