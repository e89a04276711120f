import test from 'ava';
import { imageEvent } from '../../src/image-event.js';
import { createRig } from '../rig/rig.js';

test('a finished image is told with its layers and the instructions that made them', async (t) => {
  t.is(typeof imageEvent, 'function');
  const rig = createRig(t);
  const build = rig.build('FROM scratch\nENV A=1\nWORKDIR /w\nLABEL b=c\nWORKDIR /v\n');
  const { digest, configDigest } = await build.result;
  const event = build.events.find(({ kind }) => kind === 'image');
  t.like(event, { kind: 'image', digest, configDigest });
  const layers = event?.kind === 'image' ? event.layers : [];
  t.deepEqual(
    layers.map(({ createdBy }) => createdBy),
    ['WORKDIR /w', 'WORKDIR /v'],
  );
  t.true(layers.every(({ diffId, size }) => diffId.startsWith('sha256:') && size > 0));
});
