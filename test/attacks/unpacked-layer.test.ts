// Layers that are unpacked for RUN: every verb through every way out, in one layer and in a layer over another one.
// Here names do become paths of the host, in a worker that could reach them. support/escape-routes.ts has the CVEs.
import type { ArrivingLayer, StoredLayer } from '../../src/store/stored-layer.js';
import { createHash } from 'node:crypto';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import test from 'ava';
import { usernsRung } from '../../src/worker/front/userns-rung.js';
import { openWorkerSandbox } from '../../src/worker/front/worker-sandbox.js';
import type { Digest, DiffId } from '../../src/core/digest.js';
import { TsbuildError } from '../../src/core/errors.js';
import { layerLimits } from '../../src/layer/limits.js';
import { attackNeeding, type Defence } from '../support/attack.js';
import { ESCAPE_ROUTES, ESCAPE_VERBS } from '../support/escape-routes.js';
import { evilTar, type EvilEntry } from '../support/evil-tars.js';
import { openWorld, type World } from '../support/sandbox-world.js';

const attack = attackNeeding('sandbox', 'busybox');
const NO_DOTS: Defence = ['src/layer/tar/entry-path.ts', "parts.includes('..')"];
const NO_LINK: Defence = ['src/rootfs/directory-cache.ts', 'O_RDONLY | O_DIRECTORY | O_NOFOLLOW'];
const REFUSALS = ['LAYER_UNSAFE', 'LAYER_INVALID', 'LAYER_LIMIT'];

/** One worker for all of them: an attack that changed something in it would show in the next. */
let opened: Promise<World> | undefined;
const world = (): Promise<World> =>
  (opened ??= openWorld({
    name: 'userns',
    open: (paths) => openWorkerSandbox({ rung: usernsRung, paths, signal: new AbortController().signal }),
  }));
test.after.always(async () => (await opened)?.close());

async function layer(entries: readonly EvilEntry[]): Promise<StoredLayer> {
  const tar = evilTar(entries);
  const diffId: DiffId = `sha256:${createHash('sha256').update(tar).digest('hex')}` as Digest as DiffId;
  writeFileSync((await world()).store.paths.blob(diffId), tar);
  return { diffId, blob: diffId, size: tar.length };
}

/** How the worker gets the layers: out of the store for a step, or one by one as they are fetched. */
type Way = 'stored' | 'incoming';

/** What a step sees that runs on these layers, or the code of the refusal. */
async function runOn(
  layers: readonly (readonly EvilEntry[])[],
  command: string,
  way: Way = 'stored',
): Promise<string> {
  const { base, run, sandbox } = await world();
  const refs = [base];
  try {
    for (const entries of layers) {
      // The store keeps what it has unpacked: each way gets bytes of its own.
      const ref = await layer([...entries, { name: `as-${way}`, content: '' }]);
      if (way === 'incoming') await sandbox.unpack(await arriving(ref), refs, new AbortController().signal);
      refs.push(ref);
    }
    return (await run(command, { layers: refs })).stdout;
  } catch (error) {
    if (error instanceof TsbuildError) return error.code;
    throw error;
  }
}

async function arriving(layer: StoredLayer): Promise<ArrivingLayer> {
  const { store } = await world();
  return { ...layer, growing: store.paths.blob(layer.blob), limits: layerLimits() };
}

const LOOK = 'cat /stolen /d/secret 2>/dev/null; echo x 2>/dev/null > /d/in-step; echo ran';

for (const route of ESCAPE_ROUTES) {
  for (const verb of ESCAPE_VERBS) {
    const defence = /dots/.test(route.title) ? NO_DOTS : NO_LINK;
    attack(route.ids, `RUN, ${route.title}: ${verb.title}`, defence, async (t, { outside, sentinel }) => {
      const [way, deed] = [route.lay(outside), verb.act(route.through(outside))];
      for (const layers of [[[...way, ...deed]], [way, deed]]) {
        for (const given of ['stored', 'incoming'] as const) {
          const seen = await runOn(layers, LOOK, given);
          t.true(REFUSALS.includes(seen) || seen.endsWith('ran\n'), seen);
          t.false(sentinel.tokens.some((token) => seen.includes(token)));
        }
      }
    });
  }
}

attack(
  'oras-go before 2.6.2',
  'RUN: a hard link is relative to the image, not to the working directory of a process',
  ['src/rootfs/copy-from-lower.ts', 'LAYER_INVALID'],
  async (t) => {
    for (const link of ['package.json', 'self/environ', 'etc/hostname'])
      t.is(await runOn([[{ name: 'stolen', type: 'hardlink', link }]], 'cat /stolen'), 'LAYER_INVALID');
  },
);

attack(
  'CVE-2026-17106',
  'RUN: a device of an image is no device',
  ['src/rootfs/tree-writer.ts', "case 'char':\n      case 'block':"],
  async (t) => {
    const devices: EvilEntry[] = [
      { name: 'mem', type: 'char', devices: [1, 1], mode: 0o666 },
      { name: 'zero', type: 'char', devices: [1, 5], mode: 0o666 },
      { name: 'sda', type: 'block', devices: [8, 0], mode: 0o666 },
    ];
    t.is(await runOn([devices], 'for f in /mem /zero /sda; do head -c 9 < $f | wc -c; done'), '0\n0\n0\n');
  },
);

attack(
  'CVE-2026-17106',
  'RUN: set-id bits and attributes of a layer belong to ids that the host does not have',
  ['src/rootfs/ownership.ts', 'isTreeXattr'],
  async (t) => {
    const program: EvilEntry = {
      name: 'program',
      content: '#!/bin/sh\n',
      mode: 0o6755,
      pax: {
        'SCHILY.xattr.trusted.overlay.redirect': '/etc',
        'SCHILY.xattr.user.overlay.redirect': '/etc',
        'SCHILY.xattr.user.overlay.opaque': 'y',
        'SCHILY.xattr.security.evil': 'x',
        'SCHILY.xattr.__proto__': 'x',
      },
    };
    const redirected: EvilEntry = { name: 'etc', type: 'dir', pax: program.pax! };
    const seen = await runOn([[program, redirected]], 'stat -c "%a %u" /program; ls /etc/passwd');
    t.is(seen, '6755 0\n/etc/passwd\n');
  },
);

attack(
  'CVE-2024-28863',
  'RUN: a layer with a very deep tree is refused and leaves nothing behind',
  ['src/layer/tar/entry-path.ts', 'if (parts.length > limits.maxPathDepth)'],
  async (t) => {
    const { store } = await world();
    const trees = (): string[] => readdirSync(store.paths.trees).filter((name) => !name.startsWith('.lock-'));
    const before = trees();
    t.is(await runOn([[{ name: 'a/'.repeat(2000), type: 'dir' }]], 'true'), 'LAYER_LIMIT');
    t.deepEqual(trees(), before);
  },
);

attack(
  'CVE-2024-3727',
  'RUN: a layer in the store whose bytes were changed is not run on',
  ['src/rootfs/unpack-layer.ts', 'if (actual !== layer.diffId)'],
  async (t) => {
    const { base, run, store } = await world();
    const changed = await layer([{ name: 'program', content: 'first' }]);
    const path = store.paths.blob(changed.blob);
    writeFileSync(path, evilTar([{ name: 'program', content: 'other' }]));
    await t.throwsAsync(run('cat /program', { layers: [base, changed] }), { code: 'STORE_CORRUPT' });
    rmSync(path);
    t.true(dirname(path).endsWith('sha256'));
  },
);
