// The thread that hashes the chunks of a layer (hash-thread.ts). It ends after the digest of all.
import { parentPort } from 'node:worker_threads';
import { invariant } from '../../core/errors.js';
import { createChunkHasher } from './chunk-hasher.js';
import { unpackRanges, type FromHashThread, type ToHashThread } from './hash-messages.js';

invariant(parentPort, 'this is the program of a thread');
const port = parentPort;
const hasher = createChunkHasher();

function answerTo(message: ToHashThread): FromHashThread {
  if (message === 'finish') return hasher.digest();
  const { memory, length, ranges } = message;
  return hasher.add(Buffer.from(memory, 0, length), unpackRanges(ranges)).join('');
}

port.on('message', (message: ToHashThread) => {
  port.postMessage(answerTo(message));
  if (message === 'finish') port.close();
});
