// Builds the image, starts it with testcontainers, and asks it for a page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GenericContainer, Wait } from 'testcontainers';
import { build, formatError } from 'tsbuild-oci';

let container;

before(async () => {
  try {
    // Into the engine that testcontainers uses; layers that it has are not sent.
    await build({ context: '.', tags: ['site:test'], outputs: [{ type: 'docker' }] });
  } catch (error) {
    throw new Error(await formatError(error), { cause: error });
  }
  container = await new GenericContainer('site:test')
    .withExposedPorts(8080)
    .withWaitStrategy(Wait.forListeningPorts())
    .start();
});

after(() => container?.stop());

test('the site answers', async () => {
  const answer = await fetch(`http://${container.getHost()}:${container.getMappedPort(8080)}/`);
  assert.equal(answer.status, 200);
  assert.match(await answer.text(), /Hello/);
});
