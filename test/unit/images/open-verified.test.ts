import test from 'ava';
import { digestOf, type DiffId } from '../../../src/core/digest.js';
import { TsbuildError } from '../../../src/core/errors.js';
import type { Layer } from '../../../src/images/layer.js';
import { openVerified } from '../../../src/images/open-verified.js';
import { MEDIA } from '../../../src/oci/types.js';

const { signal } = new AbortController();

/** A medium that says that it has `promised`, and sends `pieces`. */
function layerOf(promised: string, pieces: readonly string[], failure?: Error): Layer {
  return {
    diffId: digestOf('tar') as DiffId,
    descriptor: { mediaType: MEDIA.ociLayerGzip, digest: digestOf(promised), size: promised.length },
    source: {
      name: 'medium',
      async *open() {
        for (const piece of pieces) yield Buffer.from(piece);
        if (failure) throw failure;
      },
      refuse: (_, error) => new Error(`refused: ${(error as Error).message}`),
    },
  };
}

async function read(layer: Layer): Promise<{ got: string; failure?: string }> {
  let got = '';
  try {
    for await (const chunk of openVerified(layer, signal)) got += chunk.toString();
  } catch (error) {
    return { got, failure: (error as Error).message };
  }
  return { got };
}

test('right bytes pass as they are', async (t) => {
  t.deepEqual(await read(layerOf('abcdef', ['ab', 'cd', 'ef'])), { got: 'abcdef' });
});

test('nobody gets the end of what is wrong, cut or too long, and the medium is told', async (t) => {
  for (const pieces of [['ab', 'cd', 'eX'], ['ab', 'cd'], ['ab', 'cd', 'efg'], ['abcdeX'], []]) {
    const { got, failure } = await read(layerOf('abcdef', pieces));
    t.true(got.length < 6, got);
    t.regex(failure ?? '', /^refused: /);
  }
});

test('a medium that breaks is told', async (t) => {
  const broken = layerOf('abcdef', ['ab'], new TsbuildError('REGISTRY_UNREACHABLE', 'the line is dead'));
  t.deepEqual(await read(broken), { got: '', failure: 'refused: the line is dead' });
});
