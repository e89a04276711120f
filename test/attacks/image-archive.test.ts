// Archives of images that were made to reach out of the store, to name what they did not bring, or to poison it.
import { existsSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { load } from '../../src/api/load.js';
import { TsbuildError } from '../../src/core/errors.js';
import { attack, type AttackWorld, type Defence } from '../support/attack.js';
import { sha256Of } from '../support/evil-image.js';
import { evilTar, type EvilEntry } from '../support/evil-tars.js';
import { configOf, gzipped, legacyEntries } from '../support/image-archives.js';
import type { ExecutionContext } from 'ava';

const NO_DOTS: Defence = ['src/images/archive/entry-table.ts', "parts.includes('..')"];
const INSIDE: Defence = ['src/images/archive/entry-table.ts', 'outside of the archive'];
const IN_FOLDER: Defence = ['src/images/archive/directory-files.ts', "path.split('/').includes('..')"];
const ONCE: Defence = ['src/images/archive/entry-table.ts', 'the archive holds it twice'];
const DIGEST: Defence = ['src/images/archive/take-image.ts', 'expect: descriptor'];

/** The archive is refused, from a file, a stream and with input compressed; no image has a name. */
async function refused(t: ExecutionContext, world: AttackWorld, input: Buffer | string): Promise<void> {
  const archive = join(world.root, 'x.tar');
  if (typeof input !== 'string') writeFileSync(archive, input);
  const inputs = typeof input === 'string' ? [input] : [archive, '-'];
  for (const each of inputs) {
    const stdin = typeof input === 'string' ? {} : { stdin: Readable.from([input]) };
    const env = { HOME: world.root, TSBUILD_ROOT: world.store };
    const error = await load({ input: each }, { env, ...stdin }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    t.true(error instanceof TsbuildError && error.code === 'ARCHIVE_INVALID', String(error));
    const index = readFileSync(join(world.store, 'v1', 'oci', 'index.json'), 'utf8');
    t.deepEqual((JSON.parse(index) as { manifests: unknown[] }).manifests, []);
    t.deepEqual(readdirSync(join(world.store, 'v1', 'tmp')), []);
  }
}

const manifestOf = (config: string, layers: readonly string[] = []): EvilEntry => ({
  name: 'manifest.json',
  content: JSON.stringify([{ Config: config, RepoTags: ['app:1'], Layers: layers }]),
});

attack('CVE-2018-15664', 'load: names of an archive lead nowhere', NO_DOTS, async (t, world) => {
  for (const name of ['../../../../evil', `${world.outside}/evil`, 'a/../../evil'])
    await refused(t, world, evilTar([...legacyEntries(), { name, content: 'x' }]));
  t.false(existsSync(join(world.outside, 'evil')));
});

attack(
  'CVE-2018-15664',
  'load: links of an archive lead to no file of the host',
  INSIDE,
  async (t, world) => {
    const secret = join(world.outside, 'secret');
    for (const link of [secret, `../../../../../../../..${secret}`])
      await refused(t, world, evilTar([{ name: 'c.json', type: 'symlink', link }, manifestOf('c.json')]));
  },
);

attack('CVE-2018-15664', 'load: documents name no file of the host', IN_FOLDER, async (t, world) => {
  const secret = join(world.outside, 'secret');
  const up = `../../../../../../../../..${secret}`;
  for (const config of [secret, up]) {
    await refused(t, world, evilTar([manifestOf(config)]));
    const folder = join(world.context, `f${config.length}`);
    world.write({ [`f${config.length}/manifest.json`]: Buffer.from(manifestOf(config).content!) });
    await refused(t, world, folder);
  }
  // What lies beside the folder is not of it, though it would do.
  const none = { rootfs: { type: 'layers', diff_ids: [] }, history: [] };
  world.write({ 'c.json': configOf({ config: none }) });
  world.write({ 'beside/manifest.json': Buffer.from(manifestOf('../c.json').content!) });
  await refused(t, world, join(world.context, 'beside'));
  // A link that a folder has is followed; what it leads to is no config, and no byte of it is shown.
  world.write({ 'linked/manifest.json': Buffer.from(manifestOf('c.json').content!) });
  symlinkSync(secret, join(world.context, 'linked', 'c.json'));
  await refused(t, world, join(world.context, 'linked'));
});

attack('CWE-436', 'load: a file that is there twice is nobody’s choice', ONCE, async (t, world) => {
  const entries = legacyEntries();
  await refused(t, world, evilTar([...entries, entries.find(({ name }) => name === 'manifest.json')!]));
});

attack('CWE-345', 'load: bytes do not get the digest of what they hold', DIGEST, async (t, world) => {
  const layer = evilTar([{ name: 'a', content: 'A' }]);
  const config = Buffer.from(configOf({ layers: [layer] }));
  const packed = gzipped(layer);
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const manifest = json({
    schemaVersion: 2,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: sha256Of(config),
      size: config.length,
    },
    layers: [
      { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: sha256Of(layer), size: packed.length },
    ],
  });
  const top = {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: sha256Of(manifest),
    size: manifest.length,
  };
  const blob = (content: Buffer, digest = sha256Of(content)): EvilEntry => ({
    name: `blobs/sha256/${digest.slice(7)}`,
    content,
  });
  const index = { name: 'index.json', content: json({ schemaVersion: 2, manifests: [top] }) };
  await refused(t, world, evilTar([index, blob(manifest), blob(config), blob(packed, sha256Of(layer))]));
  t.false(existsSync(join(world.store, 'v1', 'oci', 'blobs', 'sha256', sha256Of(layer).slice(7))));
});
