import test from 'ava';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine, type BuildOptions } from '../../src/index.js';
import { tempDir } from '../support/temp-store.js';

test('options of the engine hold for each call, and those of a call come first', async (t) => {
  const root = tempDir(t);
  const engine = createEngine({ env: { TSBUILD_ROOT: join(root, 'a') } });
  t.deepEqual(await engine.images({}), []);
  t.true(existsSync(join(root, 'a', 'v1')));
  t.deepEqual(await engine.images({}, { env: { TSBUILD_ROOT: join(root, 'b') } }), []);
  t.true(existsSync(join(root, 'b', 'v1')));
});

test('what opens something when it is read is not read before', async (t) => {
  const options: BuildOptions = {
    env: { TSBUILD_ROOT: tempDir(t) },
    get stdin(): never {
      throw new Error('it was read');
    },
  };
  t.deepEqual(await createEngine(options).images({}), []);
});
