// Archives that are cut, contradict themselves or were made to harm: refused with the entry that is at fault.
import test, { type ExecutionContext } from 'ava';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  archiveInvalid,
  ofArchive,
  readDocument,
  type ArchiveFiles,
} from '../../../../src/images/archive/archive-files.js';
import { archivedImages } from '../../../../src/images/archive/archived-images.js';
import { openArchive } from '../../../../src/images/archive/open-archive.js';
import { DEFAULT_LAYER_LIMITS } from '../../../../src/layer/limits.js';
import { TsbuildError } from '../../../../src/core/errors.js';
import { sha256Of } from '../../../support/evil-image.js';
import { evilTar, type EvilEntry } from '../../../support/evil-tars.js';
import {
  configOf,
  DIFF_IDS,
  dirEntries,
  gzipped,
  layoutEntries,
  legacyEntries,
} from '../../../support/image-archives.js';
import { openStore } from '../../../../src/store/store.js';
import { tempDir } from '../../../support/temp-store.js';
import { AMD64, readArchive, type Reading } from './read-archive.js';

const changed = (entries: readonly EvilEntry[], name: RegExp, change: Partial<EvilEntry>): EvilEntry[] =>
  entries.map((entry) =>
    name.test(entry.name) && entry.type === undefined ? { ...entry, ...change } : entry,
  );

const without = (entries: readonly EvilEntry[], name: RegExp): EvilEntry[] =>
  entries.filter((entry) => !name.test(entry.name));

/** Of the config that legacy archives have. */
const CONFIG = /^[0-9a-f]{64}\.json$/;

async function assertRefused(
  t: ExecutionContext,
  archive: Buffer,
  message: RegExp,
  reading: Reading = {},
): Promise<void> {
  for (const isStream of [false, true]) {
    const error = await t.throwsAsync(readArchive(t, archive, { ...reading, isStream }));
    t.like(error, { code: 'ARCHIVE_INVALID' }, `${message} ${isStream}: ${String(error)}`);
    t.regex(error!.message, message);
    t.regex(error!.message, isStream ? /^standard input/ : /^x\.tar/);
    t.truthy((error as TsbuildError).hint);
  }
}

const CASES: readonly [string, () => Buffer, RegExp][] = [
  ['nothing at all', () => Buffer.alloc(0), /an empty archive/],
  ['no tar', () => Buffer.from('hello, world\n'.repeat(100)), /tar/],
  ['no document', () => evilTar([{ name: 'a', content: 'A' }]), /neither index\.json nor manifest\.json/],
  ['documents in a folder', () => evilTar([{ name: 'x/index.json', content: '{}' }]), /at its top/],
  [
    'an index that is no JSON',
    () => evilTar([{ name: 'index.json', content: '{' }]),
    /index\.json: .*not JSON/,
  ],
  [
    'an index that is a manifest too',
    () =>
      evilTar([
        { name: 'index.json', content: '{"schemaVersion":2,"manifests":[],"layers":[],"config":{}}' },
      ]),
    /a manifest and an index at once/,
  ],
  [
    'an index of nothing',
    () => evilTar([{ name: 'index.json', content: '{"schemaVersion":2,"manifests":[]}' }]),
    /names no image/,
  ],
  ['a manifest.json of nothing', () => evilTar([{ name: 'manifest.json', content: '[]' }]), /names no image/],
  [
    'a manifest.json of numbers',
    () => evilTar([{ name: 'manifest.json', content: '[1]' }]),
    /manifest\.json: an image without Config/,
  ],
  ['a bad tag', () => evilTar(legacyEntries({ name: 'UPPER:1' })), /manifest\.json: invalid tag "UPPER:1"/],
  [
    'a config out of the archive',
    () =>
      evilTar([
        { name: 'manifest.json', content: '[{"Config":"../../etc/passwd","RepoTags":null,"Layers":[]}]' },
      ]),
    /\.\.\/\.\.\/etc\/passwd: a name with \.\./,
  ],
  [
    'an absolute config',
    () =>
      evilTar([{ name: 'manifest.json', content: '[{"Config":"/etc/passwd","RepoTags":null,"Layers":[]}]' }]),
    /\/etc\/passwd: an absolute name/,
  ],
  [
    'a config that is not there',
    () => evilTar(without(legacyEntries(), CONFIG)),
    /named by manifest\.json and is not in the archive/,
  ],
  [
    'a layer that is not there',
    () => evilTar(without(legacyEntries(), /layer\.tar$/)),
    /layer\.tar: it is named by manifest\.json/,
  ],
  [
    'a blob that is not there',
    () => evilTar(without(layoutEntries(), /^blobs\/sha256\/./)),
    /blobs\/sha256\/[0-9a-f]{64}: it is named by index\.json and is not in the archive/,
  ],
  [
    'another config than its name says',
    () => evilTar(changed(legacyEntries(), CONFIG, { content: configOf({ config: { author: 'x' } }) })),
    /its digest is sha256:/,
  ],
  [
    'a config that is no config',
    () =>
      evilTar(
        changed(legacyEntries(), /^manifest/, { content: '[{"Config":"VERSION","Layers":[]}]' }).concat({
          name: 'VERSION',
          content: '1.0',
        }),
      ),
    /VERSION: .*not a JSON object/,
  ],
  [
    'a layer with other bytes',
    () => evilTar(changed(legacyEntries(), /layer\.tar$/, { content: evilTar([{ name: 'x' }]) })),
    /layer\.tar: /,
  ],
  [
    'more layers than diff ids',
    () => evilTar(legacyEntries({ config: { rootfs: { type: 'layers', diff_ids: DIFF_IDS.slice(0, 2) } } })),
    /manifest\.json: 3 layers, and rootfs\.diff_ids of [0-9a-f]+\.json has 2/,
  ],
  [
    'fewer layers than diff ids in a layout',
    () =>
      evilTar(
        layoutEntries({ config: { rootfs: { type: 'layers', diff_ids: [...DIFF_IDS, ...DIFF_IDS] } } }),
      ),
    /3 layers, and rootfs\.diff_ids of the config has 6/,
  ],
  [
    'a blob with other bytes',
    () => evilTar(changed(layoutEntries(), /^blobs\/sha256\/./, { content: 'x' })),
    /its digest is sha256:/,
  ],
  ['a layer of another size', () => lyingSize(layoutEntries()), /bytes, its descriptor says/],
  [
    'a layer of the right size with other bytes',
    () => flipped(layoutEntries()),
    /blobs\/sha256\/[0-9a-f]{64}: /,
  ],
  ['a layer of a directory of skopeo with other bytes', () => flipped(dirEntries()), /x\.tar|standard input/],
  [
    'a layer compressed with xz',
    () =>
      evilTar(changed(legacyEntries(), /layer\.tar$/, { content: Buffer.from('fd377a585a000000', 'hex') })),
    /layer\.tar: a layer compressed with xz/,
  ],
  [
    'a name with ..',
    () => evilTar([...legacyEntries(), { name: '../../evil', content: 'x' }]),
    /\.\.\/\.\.\/evil: a name with/,
  ],
  [
    'an absolute name',
    () => evilTar([...legacyEntries(), { name: '/tmp/evil', content: 'x' }]),
    /\/tmp\/evil: an absolute name/,
  ],
  [
    'a link out of the archive',
    () => evilTar([...legacyEntries(), { name: 'l', type: 'symlink', link: '/etc/passwd' }]),
    /l: a link to \/etc\/passwd/,
  ],
  [
    'a device',
    () => evilTar([...legacyEntries(), { name: 'sda', type: 'block', devices: [8, 0] }]),
    /sda: an entry of type block/,
  ],
  [
    'a FIFO',
    () => evilTar([...legacyEntries(), { name: 'pipe', type: 'fifo' }]),
    /pipe: an entry of type fifo/,
  ],
  [
    'a file twice',
    () => evilTar([...legacyEntries(), ...legacyEntries().filter(({ name }) => name === 'manifest.json')]),
    /manifest\.json: the archive holds it twice/,
  ],
  [
    'a size beyond all disks',
    () => evilTar([...legacyEntries(), { name: 'big', size: 2n ** 60n }]),
    /big|maxUncompressedBytes/,
  ],
  ['a size below zero', () => evilTar([...legacyEntries(), { name: 'less', size: -1n }]), /tar/],
  [
    'a document of 9 MiB',
    () => evilTar([{ name: 'manifest.json', content: Buffer.alloc(9 << 20, ' ') }]),
    /manifest\.json: 9437184 bytes are too many/,
  ],
];

/** The first layer has a byte more than its descriptor says. */
function lyingSize(entries: readonly EvilEntry[]): Buffer {
  return evilTar(
    entries.map((entry) =>
      isGzip(entry)
        ? { ...entry, content: Buffer.concat([Buffer.from(entry.content!), Buffer.from('x')]) }
        : entry,
    ),
  );
}

/** The last byte of each layer is another one. */
function flipped(entries: readonly EvilEntry[]): Buffer {
  return evilTar(
    entries.map((entry) => {
      if (!isGzip(entry)) return entry;
      const content = Buffer.from(entry.content!);
      content[content.length - 1]! ^= 1;
      return { ...entry, content };
    }),
  );
}

function isGzip({ content }: EvilEntry): boolean {
  const bytes = Buffer.from(content ?? '');
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

for (const [title, archive, message] of CASES)
  test(`refused: ${title}`, (t) => assertRefused(t, archive(), message));

test('an archive that is cut anywhere is refused, or is whole', async (t) => {
  const whole = evilTar(legacyEntries());
  // `repositories` comes last and is read by nobody.
  const needed = whole.lastIndexOf('repositories') - 512;
  for (let length = 512; length < needed; length += 1536)
    for (const isStream of [false, true]) {
      const error = await t.throwsAsync(readArchive(t, whole.subarray(0, length), { isStream }));
      t.like(error, { code: 'ARCHIVE_INVALID' }, `${length} ${isStream} ${String(error)}`);
    }
  const packed = gzipped(whole);
  await assertRefused(t, packed.subarray(0, packed.length - 20), /gzip|cut|truncated|ended/i);
});

test('bombs: the archive, a layer in it, and too many entries', async (t) => {
  const zeros = evilTar([...legacyEntries(), { name: 'zeros', content: Buffer.alloc(4 << 20) }]);
  await assertRefused(t, gzipped(zeros), /maxUncompressedBytes/, {
    limits: { maxUncompressedBytes: 1 << 20 },
  });
  await assertRefused(t, gzipped(zeros), /maxRatio/, { limits: { maxRatio: 10, ratioGraceBytes: 1 << 20 } });
  const layers = [evilTar([{ name: 'zeros', content: Buffer.alloc(4 << 20) }])];
  const small = { maxUncompressedBytes: 1 << 20 };
  await assertRefused(t, evilTar(layoutEntries({ layers })), /blobs\/sha256\/.*maxUncompressedBytes/, {
    limits: small,
  });
  await assertRefused(t, evilTar(legacyEntries()), /maxEntries/, { limits: { maxEntries: 5 } });
});

test('a layer that holds what layers must not is refused by its entry', async (t) => {
  const layers = [evilTar([{ name: '../../etc/cron.d/evil', content: 'x' }])];
  await assertRefused(t, evilTar(legacyEntries({ layers })), /layer\.tar: /);
});

test('compressed bytes cannot pass for the layer that they hold', async (t) => {
  // The descriptor promises the digest of the tar; the file is that tar compressed.
  const layer = evilTar([{ name: 'a', content: 'A' }]);
  const [packed, digest] = [gzipped(layer), sha256Of(layer)];
  const entries = layoutEntries({ layers: [layer] });
  const config = Buffer.from(configOf({ layers: [layer] }));
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const manifest = json({
    schemaVersion: 2,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: sha256Of(config),
      size: config.length,
    },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: packed.length }],
  });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const top = { mediaType, digest: sha256Of(manifest), size: manifest.length };
  const blob = (content: Buffer, name = sha256Of(content)) => ({
    name: `blobs/sha256/${name.slice(7)}`,
    content,
  });
  const evil = [
    { name: 'index.json', content: json({ schemaVersion: 2, manifests: [top] }) },
    blob(manifest),
    blob(config),
    blob(packed, digest),
  ];
  t.true(entries.length > 0);
  await assertRefused(t, evilTar(evil), /blobs\/sha256\/.* instead of /);
});

test('what is no fault of the archive keeps its code', async (t) => {
  const other = new TsbuildError('STORE_FULL', 'full');
  t.is(ofArchive(other, 'x'), other);
  const plain = new Error('bug');
  t.is(ofArchive(plain, 'x'), plain);
  t.is(archiveInvalid('x', undefined, 'bad').message, 'x: bad');
  const files: ArchiveFiles = { name: 'x', find: () => undefined, close: () => undefined };
  t.is(await readDocument(files, 'a'), undefined);
  await t.throwsAsync(archivedImages(files, { local: AMD64 }), { code: 'ARCHIVE_INVALID' });
});

test('a file that is not there, and one that is aborted', async (t) => {
  const store = openStore(tempDir(t));
  const controller = new AbortController();
  const stdin = () => process.stdin;
  const spooling = () => ({
    folder: store.temporaryPath(),
    limits: DEFAULT_LAYER_LIMITS,
    signal: controller.signal,
  });
  const missing = openArchive({ input: 'none.tar', cwd: tempDir(t), stdin }, spooling());
  t.like(await t.throwsAsync(missing), {
    code: 'ARCHIVE_INVALID',
    message: 'none.tar: cannot read it: no such file or directory',
  });
  const directory = tempDir(t);
  writeFileSync(join(directory, 'x.tgz'), gzipped(evilTar(legacyEntries())));
  controller.abort();
  const aborted = openArchive({ input: 'x.tgz', cwd: directory, stdin }, spooling());
  await t.throwsAsync(aborted, { code: 'ABORTED' });
});
