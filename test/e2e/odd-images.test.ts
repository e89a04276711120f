// Base images that are valid but unlike any other, and ones whose parts contradict each other.
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '../support/temp-store.js';
import { assertBuilt, workspace } from '../support/workspace.js';

const MEDIA = 'application/vnd.oci.image';

/** A layout with the same layer, an empty tar, `layers` times. */
function layoutOf(t: ExecutionContext, layers: number, diffIds = layers): string {
  const root = tempDir(t);
  mkdirSync(join(root, 'blobs', 'sha256'), { recursive: true });
  const put = (type: string, data: Buffer) => {
    const hex = createHash('sha256').update(data).digest('hex');
    writeFileSync(join(root, 'blobs', 'sha256', hex), data);
    return { mediaType: `${MEDIA}.${type}`, digest: `sha256:${hex}`, size: data.length };
  };
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const layer = put('layer.v1.tar', Buffer.alloc(1024));
  const rootfs = { type: 'layers', diff_ids: Array<string>(diffIds).fill(layer.digest) };
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const config = put('config.v1+json', json({ architecture, os: 'linux', config: {}, rootfs }));
  const manifest = {
    schemaVersion: 2,
    mediaType: `${MEDIA}.manifest.v1+json`,
    config,
    layers: Array(layers).fill(layer),
  };
  const manifests = [put('manifest.v1+json', json(manifest))];
  writeFileSync(join(root, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(root, 'index.json'), json({ schemaVersion: 2, manifests }));
  return root;
}

test('an image of thousands of layers is built upon, or refused in a line', async (t) => {
  const base = ['--build-context', `base=oci-layout://${layoutOf(t, 4000)}`];
  const space = workspace(t, { Dockerfile: 'FROM base\nCOPY a /a\nWORKDIR /w\n', a: 'a' });
  assertBuilt(t, await space.build(base));
});

test('a config that lacks diff ids is told in words', async (t) => {
  const base = ['--build-context', `base=oci-layout://${layoutOf(t, 2, 0)}`];
  const run = await workspace(t, { Dockerfile: 'FROM base\nCOPY a /a\n', a: 'a' }).build(base);
  t.is(run.code, 7, run.stderr);
  t.regex(run.stderr, /the manifest has 2 layers, and rootfs\.diff_ids of the config has 0/);
});
