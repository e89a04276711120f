import test from 'ava';
import { digestOf } from '../../../src/core/digest.js';
import { streamBlob } from '../../../src/registry/blob-stream.js';
import type { HttpResponse } from '../../../src/registry/exchange.js';
import { toNetworkFailure } from '../../../src/registry/network-failure.js';
import { collect } from '../../support/registry-client.js';

const CONTENT = Buffer.from('0123456789');
const descriptor = { mediaType: 'x', digest: digestOf(CONTENT), size: CONTENT.length };
const url = 'http://r/v2/x/blobs/y';
const silence = () => toNetworkFailure(new Error('x'), { method: 'GET', url: new URL(url), reason: 'idle' });

/** Answers that give some bytes each, from where they are asked for, and fall silent. */
function falling(bytesPerAnswer: readonly number[]) {
  const asked: number[] = [];
  const open = async (position: number): Promise<HttpResponse> => {
    const count = bytesPerAnswer[asked.length] ?? 0;
    asked.push(position);
    const range = `bytes ${position}-${CONTENT.length - 1}/${CONTENT.length}`;
    return {
      status: position === 0 ? 200 : 206,
      headers: { get: (name) => (name === 'content-range' && position > 0 ? range : null) },
      url,
      body: (async function* () {
        if (count > 0) yield CONTENT.subarray(position, position + count);
        if (position + count < CONTENT.length) throw silence();
      })(),
      discard: async () => undefined,
    };
  };
  return { asked, options: { descriptor, offset: 0, open, pause: async () => undefined } };
}

test('a blob that falls silent twice without a byte in between is given up', async (t) => {
  const { asked, options } = falling([3, 0, 0, 0]);
  await t.throwsAsync(collect(streamBlob(options)), { message: /no answer/ });
  t.deepEqual(asked, [0, 3]);
});

test('one that goes on after each silence is read to its end', async (t) => {
  const { asked, options } = falling([3, 3, 4]);
  t.deepEqual(await collect(streamBlob(options)), CONTENT);
  t.deepEqual(asked, [0, 3, 6]);
});
