// A build in which nothing has changed decodes no index of a layer, whatever it copies or mounts out of other stages.
import test from 'ava';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builder } from '../support/in-process-build.js';

test('what was selected out of layers is known by the layers and the question', async (t) => {
  const { store, write, build, fail } = builder(t);
  write({ 'a/one': '1', 'a/two': '2' });
  const dockerfileText = `FROM scratch AS a\nCOPY a /a\nFROM scratch\nCOPY --from=a /a /x/\nCOPY --from=a --parents /a/* /y/\n`;
  const request = { dockerfileText, tags: ['x:1'], outputs: [] };
  const first = await build(request);
  const indexes = join(store, 'v1', 'index');
  for (const name of readdirSync(indexes)) writeFileSync(join(indexes, name), 'not an index');
  const second = await build(request);
  t.is(second.digest, first.digest);
  t.is(second.executed, 0);
  t.is(second.cached, 3);
  const asksMore = dockerfileText.replace('/a /x/', '/a/one /x/');
  t.is((await fail({ ...request, dockerfileText: asksMore })).code, 'STORE_CORRUPT');
});
