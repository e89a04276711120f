// Cache mounts that come from a remote cache: their layers are written to a folder of this machine by the worker. Every
// verb through every way out, as for layers of images (unpacked-layer.test.ts); and what a mount alone could be used
// for.
import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Digest, DiffId } from '../../src/core/digest.js';
import { TsbuildError } from '../../src/core/errors.js';
import { cacheMountName } from '../../src/store/cache-mount-name.js';
import type { StoredLayer } from '../../src/store/stored-layer.js';
import { usernsRung } from '../../src/worker/front/userns-rung.js';
import { openWorkerSandbox } from '../../src/worker/front/worker-sandbox.js';
import type { MountSpec } from '../../src/worker/sandbox.js';
import { attackNeeding, type Defence } from '../support/attack.js';
import { ESCAPE_ROUTES, ESCAPE_VERBS } from '../support/escape-routes.js';
import { evilTar, type EvilEntry } from '../support/evil-tars.js';
import { openWorld, type World } from '../support/sandbox-world.js';

const attack = attackNeeding('sandbox', 'busybox');
const NO_DOTS: Defence = ['src/layer/tar/entry-path.ts', "parts.includes('..')"];
const NO_LINK: Defence = ['src/rootfs/directory-cache.ts', 'O_RDONLY | O_DIRECTORY | O_NOFOLLOW'];
const REFUSALS = ['LAYER_UNSAFE', 'LAYER_INVALID', 'LAYER_LIMIT'];

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

let count = 0;

/** What a step sees that has the mount; the code of a refusal, after which there is no mount. */
async function seenIn(entries: readonly EvilEntry[], command: string): Promise<string> {
  const { run, sandbox, store } = await world();
  const id = `attack ${count++}`;
  const owner = { mode: 0o755, uid: 0, gid: 0 };
  const mount: MountSpec = {
    type: 'cache',
    target: '/c',
    id,
    sharing: 'shared',
    isReadonly: false,
    isReset: false,
    ...owner,
  };
  try {
    await sandbox.caches.restore({ id, ...owner }, await layer(entries), new AbortController().signal);
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    const left = readdirSync(join(store.paths.mounts, cacheMountName(id)));
    if (left.some((name) => name !== 'id' && name !== '0.lock'))
      throw new Error(`left: ${left.join(' ')}`, { cause: error });
    return error.code;
  }
  return (await run(command, { mounts: [mount] })).stdout;
}

const LOOK = 'cd /c; cat stolen d/secret 2>/dev/null; echo x 2>/dev/null > d/in-step; echo ran';

for (const route of ESCAPE_ROUTES) {
  for (const verb of ESCAPE_VERBS) {
    const defence = /dots/.test(route.title) ? NO_DOTS : NO_LINK;
    const title = `a carried cache mount, ${route.title}: ${verb.title}`;
    attack(route.ids, title, defence, async (t, { outside, sentinel }) => {
      const seen = await seenIn([...route.lay(outside), ...verb.act(route.through(outside))], LOOK);
      t.true(REFUSALS.includes(seen) || seen.endsWith('ran\n'), seen);
      t.false(sentinel.tokens.some((token) => seen.includes(token)));
    });
  }
}

attack(
  'OCI image-spec layer.md#whiteouts',
  'a carried cache mount: a deletion deletes nothing and leaves no mark',
  ['src/rootfs/carried-cache.ts', "kind === 'whiteout' || kind === 'opaque'"],
  async (t) => {
    for (const name of ['.wh.x', '.wh..wh..opq', 'd/.wh.x'])
      t.is(await seenIn([{ name: 'd', type: 'dir' }, { name }], 'ls -a /c'), 'LAYER_UNSAFE');
  },
);

attack(
  'CVE-2026-17106',
  'a carried cache mount: a device of it is no device',
  ['src/rootfs/tree-writer.ts', "case 'char':\n      case 'block':"],
  async (t) => {
    const devices: EvilEntry[] = [
      { name: 'mem', type: 'char', devices: [1, 1], mode: 0o666 },
      { name: 'zero', type: 'char', devices: [1, 5], mode: 0o666 },
      { name: 'sda', type: 'block', devices: [8, 0], mode: 0o666 },
    ];
    t.is(await seenIn(devices, 'cd /c; for f in mem zero sda; do head -c 9 < $f | wc -c; done'), '0\n0\n0\n');
  },
);

attack(
  'CVE-2026-17106',
  'a carried cache mount: attributes that steer the overlay are dropped',
  ['src/rootfs/ownership.ts', 'isTreeXattr'],
  async (t) => {
    const pax = {
      'SCHILY.xattr.trusted.overlay.redirect': '/etc',
      'SCHILY.xattr.user.overlay.opaque': 'y',
      'SCHILY.xattr.security.evil': 'x',
    };
    const entries: EvilEntry[] = [
      { name: './', type: 'dir', mode: 0o6777, pax },
      { name: 'program', content: '#!/bin/sh\n', mode: 0o6755, pax },
    ];
    t.is(await seenIn(entries, 'stat -c "%a %u" /c /c/program'), '6777 0\n6755 0\n');
  },
);
