// The index of moby/buildkit:master as it once was, with the digest that its registry gave it.
import type { Digest } from '../../src/core/digest.js';
import { MEDIA, type DescriptorPlatform } from '../../src/oci/types.js';

export const sha = (text: string) => `sha256:${text}` as Digest;

// `docker buildx imagetools inspect moby/buildkit:master --format '{{json .Manifest}}'` in buildx's documentation
// (docs/reference/buildx_imagetools_inspect.md): platform, manifest and size, attestation and size.
export const BUILDKIT: readonly (readonly [
  platform: DescriptorPlatform,
  digest: string,
  size: number,
  attestation: string,
])[] = [
  [
    { architecture: 'amd64', os: 'linux' },
    'ac9dd4fbec9e36b562f910618975a2936533f8e411a3fea2858aacc0ac972e1c',
    1054,
    'f2fe69bccc878e658caf21dfc99eaf726fb20d28f17398c1d66a90e62cc019f9',
  ],
  [
    { architecture: 'arm', os: 'linux', variant: 'v7' },
    '0f4dc6797db467372cbf52c7236816203654a839f64a6542c9135d1973c9d744',
    1054,
    '9e112f8d4e383186f36369fba7b454e246d2e9ca5def797f1b84ede265e9f3ca',
  ],
  [
    { architecture: 'arm64', os: 'linux' },
    'd62bb533d95afe17c4a9caf1e7c57a3b0a7a67409ccfa7af947aeb0f670ffb87',
    1054,
    '09d593587f8665269ec6753eaed7fbdb09968f71587dd53e06519502cbc16775',
  ],
  [
    { architecture: 's390x', os: 'linux' },
    'b4944057e0c68203cdcc3dceff3b2df3c7d9e3dd801724fa977b01081da7771e',
    1054,
    '985a3f4544dfb042db6a8703f5f76438667dd7958aba14cb04bebe3b4cbd9307',
  ],
  [
    { architecture: 'ppc64le', os: 'linux' },
    '825702a51eb4234904fc9253d8b0bf0a584787ffd8fc3fd6fa374188233ce399',
    1054,
    'cfccb6afeede7dc29bf8abef4815d56f2723fa482ea63c9cd519cd991c379294',
  ],
  [
    { architecture: 'riscv64', os: 'linux' },
    'dfb27c6acc9b9f3a7c9d47366d137089565062f43c8063c9f5e408d34c87ee4a',
    1054,
    '2e93733432c6a14cb57db33928b3a17d7ca298b3babe24d9f56dca2754dbde3b',
  ],
];
export const BUILDKIT_SIZE = 4654;
export const BUILDKIT_DIGEST = sha('d895e8fdcf5e2bb39acb5966f97fc4cd87a2d13d27c939c320025eb4aca5440c');

/** The example is of 2022, when Go's struct had its first two members the other way round. */
export function inOrderOf2022(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString();
  const [version, type] = ['  "schemaVersion": 2,\n', `  "mediaType": "${MEDIA.ociIndex}",\n`];
  return text.replace(version + type, type + version);
}
