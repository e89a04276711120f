import test from 'ava';
import {
  isWholeManifest,
  MANIFEST_FIELDS,
  manifestFields,
  renderManifest,
} from '../../../../src/cli/render/manifest.js';
import { parseTemplate, renderTemplate } from '../../../../src/cli/render/template.js';
import type { InspectedManifest } from '../../../../src/index.js';
import type { Digest } from '../../../../src/core/digest.js';
import { MEDIA, type Descriptor } from '../../../../src/oci/types.js';

const sha = (hex: string) => `sha256:${hex}` as Digest;
const DIGEST = sha('08602e7340970e92bde5e0a2e887c1fde4d9ae753d1e05efb4c8ef3b609f97f1');
const NAME = 'docker.io/crazymax/loop:latest';

function inspected(manifests?: readonly Descriptor[], name = NAME): InspectedManifest {
  return {
    name,
    mediaType: manifests ? MEDIA.ociIndex : MEDIA.dockerManifest,
    digest: DIGEST,
    bytes: Buffer.from(''),
    document: { schemaVersion: 2, manifests: manifests ?? [] },
    images: new Map(),
    ...(manifests ? { manifests } : {}),
  };
}

// docs/reference/buildx_imagetools_inspect.md of buildx.
test('one image', (t) => {
  t.is(
    renderManifest(inspected()),
    `Name:      docker.io/crazymax/loop:latest
MediaType: application/vnd.docker.distribution.manifest.v2+json
Digest:    sha256:08602e7340970e92bde5e0a2e887c1fde4d9ae753d1e05efb4c8ef3b609f97f1
`,
  );
});

const entry = (platform: Descriptor['platform'], annotations?: Descriptor['annotations']): Descriptor => ({
  mediaType: MEDIA.ociManifest,
  digest: DIGEST,
  size: 1,
  ...(platform ? { platform } : {}),
  ...(annotations ? { annotations } : {}),
});

test('an index with all that its entries say', (t) => {
  const windows = {
    os: 'windows',
    architecture: 'amd64',
    'os.version': '10.0',
    'os.features': ['win32k', 'x'],
  };
  const manifests = [
    entry({ os: 'linux', architecture: 'arm', variant: 'v7' }),
    entry(windows, { a: '1', longer: '2' }),
    entry(undefined),
  ];
  t.is(
    renderManifest(inspected(manifests, `${NAME}@${sha('0'.repeat(64))}`)),
    `Name:      ${NAME}@${sha('0'.repeat(64))}
MediaType: application/vnd.oci.image.index.v1+json
Digest:    ${DIGEST}

Manifests:
  Name:      ${NAME}@${DIGEST}
  MediaType: application/vnd.oci.image.manifest.v1+json
  Platform:  linux/arm/v7

  Name:        ${NAME}@${DIGEST}
  MediaType:   application/vnd.oci.image.manifest.v1+json
  Platform:    windows/amd64
  OSVersion:   10.0
  OSFeatures:  win32k, x
  Annotations:
    a:      1
    longer: 2

  Name:      ${NAME}@${DIGEST}
  MediaType: application/vnd.oci.image.manifest.v1+json
`,
  );
});

test('annotations cannot move the cursor or forge a line', (t) => {
  const text = renderManifest(inspected([entry(undefined, { 'a\x1b[2J': 'b\nDigest: x' })]));
  t.false(text.includes('\x1b'));
  t.regex(text, /a\\x1b\[2J: b\\nDigest: x\n$/);
});

test('a template that asks for the default', (t) => {
  for (const text of ['{{.Manifest}}', '  {{.Manifest}}  ', '{{ .Manifest }}', '{{.Manifest}}\n'])
    t.true(isWholeManifest(text), text);
  for (const text of ['{{.Manifest.Digest}}', '{{.Mani   fest   }}']) t.false(isWholeManifest(text), text);
});

test('templates reach what buildx has, by the names of Go, and JSON has those of the document', (t) => {
  const config = (os: string) => ({
    os,
    architecture: 'arm64',
    rootfs: { type: 'layers' as const, diff_ids: [] },
  });
  const render = (text: string, found: InspectedManifest) =>
    renderTemplate({ ...parseTemplate(text, { fields: MANIFEST_FIELDS }), indent: 2 }, [
      manifestFields(found),
    ]);
  const one = { ...inspected(), images: new Map([['linux/arm64', config('linux\u001b')]]) };
  t.is(render('{{.Name}} {{.Manifest.Digest}} {{.Image.Architecture}}', one), `${NAME} ${DIGEST} arm64\n`);
  t.is(
    render('{{json .Manifest}}', one),
    `{\n  "mediaType": "${MEDIA.dockerManifest}",\n  "digest": "${DIGEST}",\n  "size": 0\n}\n`,
  );
  const whole = render('{{json .}}', one);
  t.false(whole.includes('\u001b'));
  t.deepEqual(Object.keys(JSON.parse(whole) as object), ['name', 'manifest', 'image']);
  const several = {
    ...inspected([entry(undefined)]),
    images: new Map([
      ['linux/arm64', config('linux')],
      ['windows/arm64', config('windows')],
    ]),
  };
  t.deepEqual(JSON.parse(render('{{json (index .Image "windows/arm64")}}', several)), config('windows'));
  t.deepEqual(JSON.parse(render('{{json .Manifest}}', several)), {
    schemaVersion: 2,
    mediaType: MEDIA.ociIndex,
    digest: DIGEST,
    size: 0,
    manifests: [entry(undefined)],
  });
});
