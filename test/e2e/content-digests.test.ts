// Contents of a RUN's layer are hashed when something may be copied out of it, else when somebody does, and then once.
import type { ExecutionContext } from 'ava';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hexOf, type DiffId } from '../../src/core/digest.js';
import { decodeIndex } from '../../src/layer/index-codec.js';
import { assertValidImage } from '../support/assert-valid-image.js';
import { testNeeding } from '../support/requirements.js';
import {
  assertBuilt,
  dockerfileWithShell,
  hostShell,
  workspace,
  type Workspace,
} from '../support/workspace.js';

const made = dockerfileWithShell('RUN echo made > /made\n').replace(
  /^FROM scratch$/m,
  'FROM scratch AS base',
);
const FROM_STAGE = `${made}FROM base AS below\nRUN echo deep > /deep\nFROM below AS source\nRUN echo one > /one
FROM base\nCOPY --from=source /one /copied\nRUN echo last > /last\n`;
const ALONE = `${made}RUN echo alone > /alone\n`;

/** Whether the index of the layer that has the path knows the digest of what is there. */
async function isHashed(t: ExecutionContext, { store }: Workspace, path: string): Promise<boolean> {
  const { config } = await assertValidImage(t, join(store, 'v1', 'oci'), 'docker.io/library/image:1');
  const entries = config.rootfs.diff_ids.flatMap((diffId) => indexOf(store, diffId as DiffId));
  const entry = entries.find((one) => one.path === path);
  t.is(entry?.kind, 'node', path);
  return entry?.kind === 'node' && entry.node.sha256 !== undefined;
}

function indexOf(store: string, diffId: DiffId) {
  const text = readFileSync(join(store, 'v1', 'index', `${hexOf(diffId)}.json`), 'utf8');
  return decodeIndex(text, diffId);
}

async function build(
  t: ExecutionContext,
  space: Workspace,
  dockerfile: string,
  ...options: string[]
): Promise<string> {
  space.write('Dockerfile', dockerfile);
  const result = await space.build(['-t', 'image:1', ...hostShell(), '--progress', 'plain', ...options]);
  assertBuilt(t, result);
  return result.stderr;
}

testNeeding('sandbox')('files of a stage are hashed when another one copies from it', async (t) => {
  const space = workspace(t, {});
  await build(t, space, FROM_STAGE);
  t.true(await isHashed(t, space, 'copied'));
  t.false(await isHashed(t, space, 'last'));
  await build(t, space, FROM_STAGE, '--target', 'source');
  for (const path of ['one', 'deep', 'made']) t.true(await isHashed(t, space, path), path);
});

testNeeding('sandbox')(
  'files of an image are hashed when they are copied first, and then known',
  async (t) => {
    const space = workspace(t, {});
    await build(t, space, ALONE, '-t', 'alone:1');
    t.false(await isHashed(t, space, 'alone'));
    const copy = 'FROM scratch\nCOPY --from=alone:1 /alone /copied\n';
    await build(t, space, copy);
    t.true(await isHashed(t, space, 'copied'));
    t.regex(await build(t, space, copy), /CACHED/);
    await build(t, space, ALONE);
    t.true(await isHashed(t, space, 'alone'));
    t.false(await isHashed(t, space, 'made'));
  },
);
