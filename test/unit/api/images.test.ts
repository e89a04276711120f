// The functions for images as programs call them: what they give, and what they say of arguments that are wrong.
import test, { type ExecutionContext } from 'ava';
import { rmSync } from 'node:fs';
import { TsbuildError } from '../../../src/core/errors.js';
import type { BuildEvent } from '../../../src/index.js';
import { history, images, inspect, removeImages, tag } from '../../../src/index.js';
import { openStore } from '../../../src/store/store.js';
import { putStoreImage } from '../../support/store-image.js';
import { tempDir } from '../../support/temp-store.js';

async function filled(t: ExecutionContext) {
  const root = tempDir(t);
  const store = openStore(root);
  const config = { created: '2026-02-01T00:00:00Z' };
  const app = await putStoreImage(store, 'app', ['docker.io/library/app:1'], { config });
  const web = await putStoreImage(store, 'web', ['docker.io/library/web:1', 'r.test/web:1']);
  return { store, app, web, options: { env: { TSBUILD_ROOT: root } } };
}

test('images made before and after another one', async (t) => {
  const { options } = await filled(t);
  const names = async (request: Parameters<typeof images>[0]) =>
    (await images(request, options)).map(({ name }) => name);
  t.deepEqual(await names({ before: 'app:1' }), ['docker.io/library/web:1', 'r.test/web:1']);
  t.deepEqual(await names({ since: 'web:1' }), ['docker.io/library/app:1']);
  t.deepEqual(await names({ references: ['web'], since: 'web:1' }), []);
});

test('an image that cannot be read is a note', async (t) => {
  const { store, app, options } = await filled(t);
  rmSync(store.paths.blob(app.id));
  const events: BuildEvent[] = [];
  t.is((await images({}, { ...options, onEvent: (event) => events.push(event) })).length, 2);
  t.is(events.length, 1);
  t.like(events[0], { kind: 'note' });
  await t.throwsAsync(tag('app:1', ['x'], options), { code: 'STORE_CORRUPT' });
  // Its name can be removed.
  t.deepEqual(await removeImages({ images: ['app:1'] }, options), {
    untagged: ['docker.io/library/app:1'],
    missing: [],
  });
});

test('an id of several repositories is removed by force, a name alone goes alone', async (t) => {
  const { web, options } = await filled(t);
  await t.throwsAsync(removeImages({ images: [web.id] }, options), { code: 'OPTION_CONFLICT' });
  t.deepEqual(await removeImages({ images: ['none', web.id, 'web:1'], force: true }, options), {
    untagged: ['docker.io/library/web:1', 'r.test/web:1'],
    missing: ['none'],
  });
});

test('arguments that are wrong are named', async (t) => {
  const { options } = await filled(t);
  const wrong = <T>(value: unknown): T => value as T;
  const calls: readonly (readonly [() => Promise<unknown>, RegExp])[] = [
    [() => images(wrong({ reference: 'a' }), options), /request/],
    [() => images({ references: wrong('app') }, options), /request\.references/],
    [() => removeImages(wrong({}), options), /request\.images/],
    [() => tag('', ['a'], options), /source/],
    [() => tag('app:1', wrong('a'), options), /targets/],
    [() => inspect(wrong('app:1'), options), /names/],
    [() => history(wrong(undefined), options), /name/],
  ];
  for (const [call, words] of calls) {
    const error = await t.throwsAsync(call, { instanceOf: TsbuildError });
    t.is(error?.code, 'OPTION_INVALID');
    t.regex(error!.message, words);
  }
});
