import test from 'ava';
import fc from 'fast-check';
import { digestOf } from '../../../src/core/digest.js';
import { TsbuildError } from '../../../src/core/errors.js';
import { assembleIndex, type IndexSource } from '../../../src/oci/assemble-index.js';
import { MEDIA, type Descriptor, type DescriptorPlatform, type ImageIndex } from '../../../src/oci/types.js';
import {
  BUILDKIT,
  BUILDKIT_DIGEST,
  BUILDKIT_SIZE,
  inOrderOf2022,
  sha,
} from '../../support/index-of-buildkit.js';

const UNKNOWN = { architecture: 'unknown', os: 'unknown' };

function images(): Descriptor[] {
  return BUILDKIT.map(([platform, digest, size]) => ({
    // In another order than Go writes them.
    platform,
    size,
    digest: sha(digest),
    mediaType: MEDIA.ociManifest,
  }));
}

function attestations(): Descriptor[] {
  return BUILDKIT.map(([, digest, , attestation]) => ({
    mediaType: MEDIA.ociManifest,
    digest: sha(attestation),
    size: 1113,
    platform: UNKNOWN,
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': sha(digest),
    },
  }));
}

function source(descriptor: Descriptor, origin = 'R'): IndexSource<string> {
  return { descriptor, bytes: Buffer.from(`the manifest ${descriptor.digest}`), origin };
}

function indexSource(manifests: readonly Descriptor[], rest: Partial<ImageIndex> = {}): IndexSource<string> {
  const index: ImageIndex = { schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests, ...rest };
  // Not as this project writes one.
  const bytes = Buffer.from(JSON.stringify(index));
  const mediaType = index.mediaType ?? MEDIA.ociIndex;
  return {
    descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length },
    bytes,
    index,
    origin: 'index',
  };
}

const parsed = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString()) as ImageIndex;

test('the bytes are those that buildx writes: digest and size are the published ones', (t) => {
  const { bytes, descriptor } = assembleIndex(
    [...images(), ...attestations()].map((one) => source(one)),
    {},
  );
  const text = Buffer.from(bytes).toString();
  t.deepEqual(descriptor, { mediaType: MEDIA.ociIndex, digest: digestOf(bytes), size: BUILDKIT_SIZE });
  t.true(
    text.startsWith(
      `{\n  "schemaVersion": 2,\n  "mediaType": "${MEDIA.ociIndex}",\n  "manifests": [\n    {\n`,
    ),
  );
  t.is(digestOf(inOrderOf2022(bytes)), BUILDKIT_DIGEST);
});

test('one index is given as it is, whatever it looks like', (t) => {
  const whole = indexSource([...images(), ...attestations()]);
  for (const isIndexPreferred of [true, false]) {
    const result = assembleIndex([whole], { isIndexPreferred });
    t.is(result.bytes, whole.bytes);
    t.is(result.descriptor, whole.descriptor);
    t.is(result.entries.length, 12);
  }
});

test('one manifest becomes an index unless it is to stay as it is', (t) => {
  const manifest = source(images()[1]!);
  const wrapped = assembleIndex([manifest], {});
  t.is(wrapped.descriptor.mediaType, MEDIA.ociIndex);
  t.deepEqual(parsed(wrapped.bytes).manifests, [manifest.descriptor]);
  const same = assembleIndex([manifest], { isIndexPreferred: false });
  t.is(same.bytes, manifest.bytes);
  t.deepEqual(same.entries, [{ descriptor: manifest.descriptor, origin: 'R' }]);
});

test('an annotation ends the carbon copy', (t) => {
  const index = indexSource(images());
  const { bytes } = assembleIndex([index], { annotations: [{ type: 'index', key: 'a', value: 'b' }] });
  t.deepEqual(parsed(bytes).annotations, { a: 'b' });
  t.deepEqual(parsed(bytes).manifests, images());
});

test("docker's manifests alone make docker's list, which takes no annotation", (t) => {
  const docker = images().map((one) => ({ ...one, mediaType: MEDIA.dockerManifest }));
  const annotations = [{ type: 'index', key: 'a', value: 'b' }] as const;
  const list = assembleIndex(
    docker.map((one) => source(one)),
    { annotations },
  );
  t.is(list.descriptor.mediaType, MEDIA.dockerList);
  t.is(parsed(list.bytes).annotations, undefined);
  t.deepEqual(list.unusedAnnotations, annotations);
  const mixed = assembleIndex([source(docker[0]!), source(images()[1]!)], { annotations });
  t.is(mixed.descriptor.mediaType, MEDIA.ociIndex);
  t.deepEqual(mixed.unusedAnnotations, []);
});

test('what is named twice is one entry with the later platform and the annotations of both', (t) => {
  const first = { ...images()[0]!, annotations: { a: '1', b: '1' } };
  const later = {
    ...images()[0]!,
    platform: { os: 'linux', architecture: 'amd64', variant: 'v3' },
    annotations: { b: '2', c: '2' },
  };
  const result = assembleIndex([source(first, 'A'), source(images()[1]!), source(later, 'B')], {});
  t.deepEqual(parsed(result.bytes).manifests, [
    { ...later, annotations: { a: '1', b: '2', c: '2' } },
    images()[1]!,
  ]);
  t.is(result.entries[0]?.origin, 'B');
});

test('annotations of entries: all of them, or those of a platform however that is spelled', (t) => {
  const { bytes, unusedAnnotations } = assembleIndex(
    images().map((one) => source(one)),
    {
      annotations: [
        { type: 'manifest-descriptor', key: 'foo', value: 'bar' },
        {
          type: 'manifest-descriptor',
          platform: { os: 'linux', architecture: 'aarch64', variant: 'v8' },
          key: 'bar',
          value: 'baz',
        },
        {
          type: 'manifest-descriptor',
          platform: { os: 'windows', architecture: 'amd64' },
          key: 'x',
          value: 'y',
        },
      ],
    },
  );
  for (const { annotations, platform } of parsed(bytes).manifests)
    t.deepEqual(annotations, {
      foo: 'bar',
      ...(platform?.architecture === 'arm64' ? { bar: 'baz' } : {}),
    });
  t.deepEqual(
    unusedAnnotations.map(({ key }) => key),
    ['x'],
  );
});

test('a filter keeps the platforms with their attestations, and the rest of the index', (t) => {
  const rest = { annotations: { z: '1', a: '2' }, artifactType: 'application/x' };
  const index = indexSource([...images(), ...attestations()], rest);
  const platforms = [{ os: 'linux', architecture: 'arm', variant: 'v7' }];
  const { bytes, entries } = assembleIndex([index], { platforms });
  t.deepEqual(parsed(bytes), {
    ...index.index!,
    ...rest,
    manifests: [images()[1]!, attestations()[1]!],
  });
  t.is(entries.length, 2);
  t.true(Buffer.from(bytes).toString().endsWith('"annotations": {\n    "a": "2",\n    "z": "1"\n  }\n}'));
});

test('a filter that keeps all changes no byte, one that keeps nothing is an error', (t) => {
  const index = indexSource(images());
  const all = BUILDKIT.map(([platform]) => platform);
  t.is(assembleIndex([index], { platforms: all }).bytes, index.bytes);
  const platforms = [{ os: 'windows', architecture: 'amd64' }];
  const error = t.throws(() => assembleIndex([index], { platforms }), { instanceOf: TsbuildError });
  t.is(error?.code, 'REGISTRY_PLATFORM');
  t.regex(error?.hint ?? '', /linux\/arm\/v7/);
  t.throws(() => assembleIndex([source(images()[0]!)], { platforms, isIndexPreferred: false }), {
    message: 'input platform linux/amd64 does not match any of the provided platforms',
  });
});

test('members that are empty or unknown are left out, and the rest is written as Go does', (t) => {
  const odd = {
    ...images()[0]!,
    platform: {
      os: 'windows',
      architecture: 'amd64',
      'os.version': '10.0',
      'os.features': ['win32k'],
      variant: '',
    },
    annotations: { '10': 'x', '9': '<&>\u2028', é: '"' },
    urls: [],
    artifactType: '',
    data: 'e30=',
    unknown: true,
  };
  const { bytes } = assembleIndex([source(odd)], {});
  t.is(
    Buffer.from(bytes).toString(),
    `{
  "schemaVersion": 2,
  "mediaType": "application/vnd.oci.image.index.v1+json",
  "manifests": [
    {
      "mediaType": "application/vnd.oci.image.manifest.v1+json",
      "digest": "sha256:ac9dd4fbec9e36b562f910618975a2936533f8e411a3fea2858aacc0ac972e1c",
      "size": 1054,
      "annotations": {
        "10": "x",
        "9": "\\u003c\\u0026\\u003e\\u2028",
        "é": "\\""
      },
      "data": "e30=",
      "platform": {
        "architecture": "amd64",
        "os": "windows",
        "os.version": "10.0",
        "os.features": [
          "win32k"
        ]
      }
    }
  ]
}`,
  );
});

const annotationMap = fc.option(fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }), { nil: undefined });
const descriptors = fc.array(
  fc.record({
    name: fc.integer({ min: 0, max: 5 }),
    annotations: annotationMap,
    platform: fc.option(fc.constantFrom(...BUILDKIT.map(([platform]) => platform)), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 12 },
);

function toDescriptor({
  name,
  annotations,
  platform,
}: {
  readonly name: number;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  readonly platform: DescriptorPlatform | undefined;
}): Descriptor {
  return {
    mediaType: MEDIA.ociManifest,
    digest: digestOf(String(name)),
    size: name,
    ...(annotations ? { annotations } : {}),
    ...(platform ? { platform } : {}),
  };
}

test('each digest is one entry, in the order in which they first came', (t) => {
  fc.assert(
    fc.property(descriptors, (given) => {
      const wanted = given.map(toDescriptor);
      const { entries } = assembleIndex(
        wanted.map((one) => source(one)),
        {},
      );
      t.deepEqual(
        entries.map(({ descriptor }) => descriptor.digest),
        [...new Set(wanted.map(({ digest }) => digest))],
      );
    }),
  );
});

test('adding to an index what it holds changes nothing, and parts may be joined in steps', (t) => {
  fc.assert(
    fc.property(descriptors, descriptors, (first, second) => {
      const [a, b] = [first, second].map((given) => given.map((one) => source(toDescriptor(one))));
      const once = assembleIndex([...a!, ...b!], {});
      const again = (bytes: Uint8Array) => indexSource(parsed(bytes).manifests);
      t.deepEqual(assembleIndex([again(once.bytes), again(once.bytes)], {}).bytes, once.bytes);
      const partly = assembleIndex(a!, {});
      t.deepEqual(assembleIndex([again(partly.bytes), ...b!], {}).bytes, once.bytes);
    }),
  );
});

test('what is written is what was meant', (t) => {
  fc.assert(
    fc.property(descriptors, annotationMap, (given, annotations = {}) => {
      const { bytes, entries } = assembleIndex(
        given.map((one) => source(toDescriptor(one))),
        {
          annotations: Object.entries(annotations).map(([key, value]) => ({ type: 'index', key, value })),
        },
      );
      const { manifests, annotations: found = {} } = parsed(bytes);
      const filled = ({ annotations: own, ...rest }: Descriptor) =>
        own && Object.keys(own).length > 0 ? { ...rest, annotations: { ...own } } : rest;
      t.deepEqual(
        manifests,
        entries.map(({ descriptor }) => filled(descriptor)),
      );
      t.deepEqual(found, { ...annotations });
    }),
  );
});
