import test from 'ava';
import { digestOf } from '../../../src/core/digest.js';
import { platformOfNode, parsePlatform, formatPlatform } from '../../../src/oci/platform.js';
import type { Descriptor } from '../../../src/oci/types.js';
import { selectCandidates } from '../../../src/registry/select-platform.js';

const local = platformOfNode('x64');

function entry(platform: string | undefined, extra: Partial<Descriptor> = {}): Descriptor {
  const [os = '', architecture = '', variant] = platform?.split('/') ?? [];
  const named = { platform: { os, architecture, ...(variant ? { variant } : {}) } };
  const digest = digestOf(`${platform}`);
  return {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest,
    size: 1,
    ...(platform ? named : {}),
    ...extra,
  };
}

const pick = (wanted: string, ...offered: (string | undefined)[]): string => {
  const index = { schemaVersion: 2 as const, manifests: offered.map((platform) => entry(platform)) };
  const chosen = selectCandidates(index, parsePlatform(wanted, local));
  return chosen.kind === 'named' ? formatPlatform({ ...chosen.descriptor.platform! }) : 'unnamed';
};

const PICKS: readonly [wanted: string, offered: (string | undefined)[], picked: string][] = [
  ['linux/amd64', ['linux/arm64', 'linux/amd64'], 'linux/amd64'],
  ['linux/arm64', ['linux/arm64/v8', 'linux/arm/v7'], 'linux/arm64/v8'],
  ['linux/arm64', ['linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7'],
  ['linux/arm/v7', ['linux/arm/v5', 'linux/arm/v6'], 'linux/arm/v6'],
  ['linux/arm', ['linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7'],
  ['linux/arm/v6', ['linux/arm/v7', 'linux/arm/v5'], 'linux/arm/v5'],
  ['linux/amd64/v3', ['linux/amd64', 'linux/amd64/v2'], 'linux/amd64/v2'],
  ['linux/amd64/v3', ['linux/386', 'linux/amd64'], 'linux/amd64'],
  ['linux/amd64', ['linux/arm64', 'linux/386'], 'linux/386'],
  ['linux/arm64/v9', ['linux/arm64/v8.2', 'linux/arm64/v8.5'], 'linux/arm64/v8.5'],
  ['linux/arm64/v8.2', ['linux/arm64', 'linux/arm64/v8.1'], 'linux/arm64/v8.1'],
  ['linux/s390x', ['linux/amd64', undefined], 'unnamed'],
  ['linux/amd64', [undefined, 'linux/amd64'], 'linux/amd64'],
];

for (const [wanted, offered, picked] of PICKS) {
  test(`${wanted} of ${offered.join(', ')}`, (t) => t.is(pick(wanted, ...offered), picked));
}

test('no match lists what there is', (t) => {
  const error = t.throws(() => pick('linux/arm/v5', 'linux/amd64', 'linux/arm/v7'));
  t.like(error, {
    code: 'REGISTRY_PLATFORM',
    message: 'no match for platform in manifest: not found',
    hint: 'linux/arm/v5 was asked for; there is linux/amd64, linux/arm/v7',
  });
});

test('a variant of any number is looked for in bounded time', (t) => {
  t.is(pick('linux/arm/v99999999999', 'linux/amd64', undefined), 'unnamed');
  t.is(pick('linux/amd64/v4000000000', 'linux/386'), 'linux/386');
  t.is(pick('linux/constructor', 'linux/__proto__', undefined), 'unnamed');
});

test('attestation manifests are never chosen', (t) => {
  const attestation = entry(undefined, {
    annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
  });
  const manifests = [entry('unknown/unknown'), attestation];
  t.throws(() => selectCandidates({ schemaVersion: 2, manifests }, local), { message: /no match/ });
});
