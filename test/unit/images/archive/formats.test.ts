// Every format, from a file and from a stream, compressed as a whole: the same image.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { archiveLimits } from '../../../../src/images/archive/archive-limits.js';
import { openDirectory } from '../../../../src/images/archive/directory-files.js';
import { dockerImages } from '../../../../src/images/archive/docker-images.js';
import { layoutImages } from '../../../../src/images/archive/layout-images.js';
import { spoolTar } from '../../../../src/images/archive/spooled-tar.js';
import { takeImage } from '../../../../src/images/archive/take-image.js';
import { openTarOnDisk } from '../../../../src/images/archive/tar-on-disk.js';
import { DEFAULT_LAYER_LIMITS } from '../../../../src/layer/limits.js';
import { sha256Of } from '../../../support/evil-image.js';
import { evilTar, type EvilEntry } from '../../../support/evil-tars.js';
import {
  bothEntries,
  configOf,
  DIFF_IDS,
  dirEntries,
  gzipped,
  layoutEntries,
  legacyEntries,
  platformEntries,
} from '../../../support/image-archives.js';
import { tempDir } from '../../../support/temp-store.js';
import { AMD64, ARM64, readArchive, readInput, type Read } from './read-archive.js';

const CONFIG_DIGEST = sha256Of(Buffer.from(configOf({ config: { architecture: 'amd64' } })));
const AMD = { config: { architecture: 'amd64' } };

const FORMATS: readonly [string, EvilEntry[], readonly string[]][] = [
  ['the legacy layout of docker', legacyEntries(AMD), ['docker.io/library/app:1']],
  ['an OCI layout', layoutEntries(AMD), ['docker.io/library/app:1']],
  ['both in one', bothEntries(AMD), ['docker.io/library/app:1', 'docker.io/library/app:latest']],
  ['a directory of skopeo', dirEntries(AMD), []],
];

function assertWhole(t: ExecutionContext, { images, store }: Read, names: readonly string[]): void {
  t.is(images.length, 1);
  const { image, names: found, others } = images[0]!;
  t.deepEqual(found, names);
  t.deepEqual(others, []);
  t.is(image.configDigest, CONFIG_DIGEST as never);
  t.deepEqual(
    image.layers.map(({ diffId }) => diffId as string),
    DIFF_IDS,
  );
  for (const { descriptor, diffId } of image.layers) {
    t.is(sha256Of(readFileSync(store.paths.blob(descriptor.digest))), descriptor.digest);
    t.true(store.hasIndex(diffId));
  }
  t.truthy(store.readSmallBlob(image.manifest.digest));
  t.truthy(store.readSmallBlob(image.configDigest));
}

for (const [format, entries, names] of FORMATS) {
  test(`${format}: from a file, a stream, and in any order`, async (t) => {
    for (const order of [entries, entries.toReversed()])
      for (const isStream of [false, true])
        assertWhole(t, await readArchive(t, evilTar(order), { isStream }), names);
  });
  test(`${format}: as an unpacked directory`, async (t) => {
    const directory = tempDir(t);
    for (const { name, type, link, content } of entries) {
      const path = join(directory, name);
      mkdirSync(type === 'dir' ? path : dirname(path), { recursive: true });
      if (type === 'symlink') symlinkSync(link!, path);
      else if (type !== 'dir') writeFileSync(path, content ?? '');
    }
    assertWhole(t, await readInput(t, directory, { cwd: '/' }), names);
  });
}

test('the whole archive may be compressed', async (t) => {
  const tar = evilTar(legacyEntries(AMD));
  const by = (command: string) => execFileSync(command, ['-c'], { input: tar });
  for (const archive of [gzipped(tar), by('zstd'), by('xz'), by('bzip2')])
    for (const isStream of [false, true])
      assertWhole(t, await readArchive(t, archive, { isStream }), ['docker.io/library/app:1']);
});

test('a docker archive may have compressed layers of any name', async (t) => {
  const entries = legacyEntries(AMD).map((entry) =>
    entry.name.endsWith('/layer.tar') && entry.type === undefined
      ? { ...entry, content: gzipped(Buffer.from(entry.content!)) }
      : entry,
  );
  const read = await readArchive(t, evilTar(entries));
  assertWhole(t, read, ['docker.io/library/app:1']);
  t.regex(read.images[0]!.image.layers[0]!.descriptor.mediaType, /tar\+gzip$/);
});

test('uncompressed layers stay as they are, and the same archive gives the same manifest', async (t) => {
  const [one, two] = [
    await readArchive(t, evilTar(legacyEntries())),
    await readArchive(t, evilTar(legacyEntries())),
  ];
  t.is(one.images[0]!.image.manifest.digest, two.images[0]!.image.manifest.digest);
  for (const { descriptor, diffId } of one.images[0]!.image.layers) t.is(descriptor.digest, diffId as never);
});

test('of several platforms the local one, or the one that is asked for', async (t) => {
  const archive = evilTar(platformEntries([ARM64, AMD64]));
  const local = (await readArchive(t, archive)).images[0]!;
  t.like(local.image.manifest.platform, AMD64);
  t.deepEqual(local.others, ['linux/arm64']);
  t.like((await readArchive(t, archive, { platform: ARM64 })).images[0]!.image.manifest.platform, ARM64);
  const riscv = { os: 'linux', architecture: 'riscv64' };
  t.like(await t.throwsAsync(readArchive(t, archive, { platform: riscv })), { code: 'REGISTRY_PLATFORM' });
});

test('the only image is taken whatever its platform, unless another was asked for', async (t) => {
  for (const entries of [
    platformEntries([ARM64]),
    layoutEntries({ config: ARM64 }),
    legacyEntries({ config: ARM64 }),
  ]) {
    const { images } = await readArchive(t, evilTar(entries));
    t.like(images[0]!.image.manifest.platform, ARM64);
    const asked = readArchive(t, evilTar(entries), { platform: AMD64 });
    t.like(await t.throwsAsync(asked), { code: 'REGISTRY_PLATFORM' });
  }
});

test('several images in one archive', async (t) => {
  const other = legacyEntries({ name: 'other:2', config: { author: 'me' } });
  const documents = [...legacyEntries(), ...other].filter(({ name }) => name === 'manifest.json');
  const rows = documents.flatMap(({ content }) => JSON.parse(String(content)) as unknown[]);
  const shared = new Map([...legacyEntries(), ...other].map((entry) => [entry.name, entry]));
  shared.set('manifest.json', { name: 'manifest.json', content: JSON.stringify(rows) });
  const { images } = await readArchive(t, evilTar([...shared.values()]));
  t.deepEqual(
    images.map(({ names }) => names),
    [['docker.io/library/app:1'], ['docker.io/library/other:2']],
  );
});

test('layers that are in the store are not read again', async (t) => {
  const { images, store } = await readArchive(t, evilTar(legacyEntries()));
  const open = () => t.fail('read again') as never;
  const blobs = new Map(
    [...images[0]!.blobs].map(([digest, { path, file }]) => [digest, { path, file: { ...file, open } }]),
  );
  const { signal } = new AbortController();
  const options = { store, limits: DEFAULT_LAYER_LIMITS, signal, emit: () => undefined, now: () => 0 };
  await t.notThrowsAsync(takeImage(options, { ...images[0]!, blobs }));
});

test('readers of each kind answer for what is not there', async (t) => {
  const directory = tempDir(t);
  writeFileSync(join(directory, 'x.tar'), evilTar([{ name: 'a', content: 'A' }]));
  const limits = archiveLimits(DEFAULT_LAYER_LIMITS);
  t.true(limits.maxEntries < DEFAULT_LAYER_LIMITS.maxEntries);
  const { signal } = new AbortController();
  async function* stream() {
    yield readFileSync(join(directory, 'x.tar'));
  }
  const folder = join(directory, 'spool');
  for (const files of [
    openDirectory(directory, 'x'),
    openTarOnDisk(join(directory, 'x.tar'), 'x', limits),
    await spoolTar(stream(), { name: 'x', folder, limits, signal }),
  ]) {
    t.is(files.find('none'), undefined);
    t.throws(() => files.find('../x'), { code: 'ARCHIVE_INVALID' });
    files.close();
    await t.throwsAsync(dockerImages(files, [], { local: AMD64 }), { code: 'ARCHIVE_INVALID' });
    const index = { schemaVersion: 2, manifests: [] } as const;
    const document = { kind: 'index', mediaType: 'x', index } as const;
    const none = layoutImages(files, { bytes: Buffer.alloc(0), document }, { local: AMD64 });
    await t.throwsAsync(none, { code: 'ARCHIVE_INVALID' });
  }
});
