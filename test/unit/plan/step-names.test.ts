// Names of steps as BuildKit shows them.
import test from 'ava';
import { parsePlatform, platformOfNode } from '../../../src/oci/platform.js';
import { stepName } from '../../../src/plan/step-names.js';

const platform = platformOfNode('x64');
const variables = (values: Readonly<Record<string, string>>) => new Map(Object.entries(values));

test('stage and number, with the platform when several are built', (t) => {
  t.is(stepName({ stageName: '', total: 2 }, 1, 'RUN a'), '[1/2] RUN a');
  t.is(stepName({ stageName: 'build', total: 12 }, 1, 'RUN a'), '[build  1/12] RUN a');
  const arm = parsePlatform('arm', platform);
  t.is(
    stepName({ stageName: 'stage-0', total: 2, platform: arm }, 2, 'RUN a'),
    '[linux/arm/v7 stage-0 2/2] RUN a',
  );
});

test('who asks for another target says so', (t) => {
  const name = (values: Readonly<Record<string, string>>) =>
    stepName({ stageName: 'b', total: 1, platform }, 1, 'RUN a', variables(values));
  t.is(name({}), '[linux/amd64 b 1/1] RUN a');
  t.is(name({ TARGETARCH: 'arm64' }), '[linux/amd64->arm64 b 1/1] RUN a');
  t.is(name({ TARGETARCH: 'arm', TARGETVARIANT: 'v6' }), '[linux/amd64->arm/v6 b 1/1] RUN a');
  t.is(name({ TARGETPLATFORM: 'linux/arm64' }), '[linux/amd64->arm64 b 1/1] RUN a');
  t.is(name({ TARGETOS: 'windows' }), '[linux/amd64->windows/amd64 b 1/1] RUN a');
  t.is(name({ TARGETARCH: 'amd64' }), '[linux/amd64 b 1/1] RUN a');
  t.is(name({ TARGETPLATFORM: 'no platform' }), '[linux/amd64 b 1/1] RUN a');
});
