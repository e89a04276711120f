// The blob of a layer, to be passed on without a look at it.
import { verified } from '../layer/verified-stream.js';
import { refusedBy, type Layer } from './layer.js';

/**
 * The last chunk is given when all of the blob turned out to be right: whoever gets it cannot have taken a wrong one.
 * @throws what the medium says of the failure
 */
export async function* openVerified(layer: Layer, signal: AbortSignal): AsyncGenerator<Buffer, void> {
  const { descriptor, source } = layer;
  if (!source) throw new Error('internal invariant broken: a layer made here is read from the store');
  let held: Buffer | undefined;
  try {
    const bytes = verified(source.open(descriptor, signal), descriptor);
    try {
      for await (const chunk of bytes.chunks) {
        if (held) yield held;
        held = chunk;
      }
      await bytes.finish();
    } finally {
      await bytes.close();
    }
  } catch (error) {
    throw refusedBy(layer, error);
  }
  if (held) yield held;
}
