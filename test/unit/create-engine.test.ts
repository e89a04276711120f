import test from 'ava';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine, TsbuildError, type BuildOptions } from '../../src/index.js';
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

test('every function refuses a wrong request, and names what is wrong', async (t) => {
  const { close, ...functions } = createEngine({ env: { TSBUILD_ROOT: tempDir(t) } });
  for (const [name, call] of Object.entries(functions)) {
    const error = await t.throwsAsync(
      (call as (request: unknown) => Promise<unknown>)({ nonsense: 1 }),
      { instanceOf: TsbuildError },
      name,
    );
    t.is(error?.code, 'OPTION_INVALID', `${name}: ${error?.message}`);
    t.regex(error?.message ?? '', /nonsense|must be|given/, name);
  }
  await close();
});

test('options are checked by functions that are no build too', async (t) => {
  const engine = createEngine({ env: { TSBUILD_ROOT: tempDir(t) } });
  const wrong = { onevent: () => undefined } as never;
  for (const call of [engine.images({}, wrong), engine.builds(wrong), engine.prune({}, wrong)])
    t.is(
      (await t.throwsAsync(call, { instanceOf: TsbuildError })).message,
      'unknown member options.onevent (did you mean onEvent?)',
    );
  t.is(
    t.throws(() => createEngine({ cwd: 7 } as never), { instanceOf: TsbuildError }).message,
    'defaults.cwd is 7, but it must be a text that is not empty',
  );
});

test('no function begins when its signal has come already, and the reason is the cause', async (t) => {
  const reason = new Error('gave up');
  const engine = createEngine({ env: { TSBUILD_ROOT: tempDir(t) }, signal: AbortSignal.abort(reason) });
  const { images, builds, diskUsage, prune, containers, volumes, networks, pull, removeImages } = engine;
  for (const call of [
    images(),
    builds(),
    diskUsage(),
    prune(),
    containers(),
    volumes(),
    networks(),
    pull({ image: 'x' }),
    removeImages({ images: ['x'] }),
    engine.build({ context: '.', outputs: [{ type: 'cacheonly' }] }),
  ]) {
    const error = await t.throwsAsync(call as Promise<unknown>, { instanceOf: TsbuildError });
    t.is(error.code, 'ABORTED');
    t.is(error.cause, reason);
  }
});

test('an engine is ended by its scope', async (t) => {
  const engine = createEngine({ env: { TSBUILD_ROOT: tempDir(t) } });
  await engine[Symbol.asyncDispose]();
  await t.throwsAsync(engine.images(), { message: 'the engine is closed' });
});
