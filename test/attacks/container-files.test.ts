// Hostile images, containers and archives against copies into and out of containers, and against volumes. What is
// attacked are the functions that work in the worker and, for copies out, as the user.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../../src/core/bytes.js';
import { TsbuildError } from '../../src/core/errors.js';
import { loadSyscalls } from '../../src/host/syscalls/system-calls.js';
import type { LayerEntry } from '../../src/layer/entry.js';
import { createArchiveWriter } from '../../src/rootfs/archive-writer.js';
import { liveChanges } from '../../src/rootfs/live-changes.js';
import { liveTree } from '../../src/rootfs/live-tree.js';
import { plainOwnership } from '../../src/rootfs/ownership.js';
import { readArchiveInto } from '../../src/rootfs/read-archive.js';
import { attributesOfUser } from '../../src/rootfs/written-attributes.js';
import { fillVolume } from '../../src/worker/containers/fill-volume.js';
import { attack, type Defence } from '../support/attack.js';
import { ESCAPE_ROUTES, ESCAPE_VERBS } from '../support/escape-routes.js';
import { evilTar, type EvilEntry } from '../support/evil-tars.js';

const NO_DOTS: Defence = ['src/layer/tar/entry-path.ts', "parts.includes('..')"];
const NO_LINK: Defence = ['src/rootfs/directory-cache.ts', 'O_RDONLY | O_DIRECTORY | O_NOFOLLOW'];
const REFUSALS = ['LAYER_UNSAFE', 'LAYER_INVALID', 'COPY_CONFLICT'];

/** As a copy out of a container unpacks it. @returns the code of the refusal */
async function unpack(into: string, entries: readonly EvilEntry[]): Promise<string | undefined> {
  const calls = await loadSyscalls();
  mkdirSync(into, { recursive: true });
  const writer = createArchiveWriter(calls, openSync(into, 'r'), {
    attributes: attributesOfUser(calls, { areOwnersKept: false }),
    missing: { mode: 0o755, uid: 0, gid: 0 },
    onDevice: () => undefined,
  });
  const archive = readArchiveInto(writer);
  try {
    await archive.write(evilTar(entries));
    archive.end();
    return undefined;
  } catch (error) {
    if (error instanceof TsbuildError) return error.code;
    throw error;
  } finally {
    archive.close();
  }
}

for (const route of ESCAPE_ROUTES) {
  for (const verb of ESCAPE_VERBS.filter(({ isDeletion }) => isDeletion !== true)) {
    const defence = /dots/.test(route.title) ? NO_DOTS : NO_LINK;
    attack(route.ids, `cp, ${route.title}: ${verb.title}`, defence, async (t, { outside, root }) => {
      const [way, deed] = [route.lay(outside), verb.act(route.through(outside))];
      const code = await unpack(join(root, 'one'), [...way, ...deed]);
      t.true(code === undefined || REFUSALS.includes(code), code);
      // The way was laid by the container before, and the archive is another one.
      await unpack(join(root, 'two'), way);
      const later = await unpack(join(root, 'two'), deed);
      t.true(later === undefined || REFUSALS.includes(later), later);
    });
  }
}

const SET_ID: Defence = ['src/rootfs/written-attributes.ts', 'node.mode & 0o1777'];

attack(
  'CVE-2019-14271',
  'cp: what comes out of a container has no bits of set-id',
  SET_ID,
  async (t, { root }) => {
    t.is(await unpack(join(root, 'in'), [{ name: 'su', content: 'x', mode: 0o6755 }]), undefined);
    t.is(statSync(join(root, 'in/su')).mode & 0o7777, 0o755);
  },
);

const BY_NAME: Defence = ['src/rootfs/live-node.ts', 'calls.inodeStatusAt(parent, name)'];

/** What is read of a tree whose directories become links to outside while they are read. */
async function readWhileSwapped(root: string, outside: string, upper: boolean): Promise<string> {
  const calls = await loadSyscalls();
  const tree = join(root, 'tree');
  for (const name of ['a', 'b', 'lower'])
    mkdirSync(join(name === 'lower' ? root : tree, name), { recursive: true });
  writeFileSync(join(tree, 'a/file'), 'x');
  const fd = openSync(tree, 'r');
  const entries: Iterable<LayerEntry> = upper
    ? swapped(
        liveChanges(calls, { upper: fd, lower: join(root, 'lower'), ownership: plainOwnership }),
        ({ entry }) => entry,
        tree,
        outside,
      )
    : swapped(
        liveTree(calls, fd, { ownership: plainOwnership, name: '' as ByteString }),
        (x) => x,
        tree,
        outside,
      );
  return JSON.stringify([...entries], (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

/** Behind the first entry `b` is a link. */
function swapped<T>(
  source: Iterable<T>,
  entryOf: (item: T) => LayerEntry,
  tree: string,
  outside: string,
): LayerEntry[] {
  const entries: LayerEntry[] = [];
  for (const item of source) {
    entries.push(entryOf(item));
    if (entries.length > 1) continue;
    renameSync(join(tree, 'b'), join(tree, 'c'));
    symlinkSync(outside, join(tree, 'b'));
  }
  return entries;
}

for (const upper of [false, true])
  attack(
    'CVE-2018-15664',
    `cp, export, diff: a directory becomes a link while it is read (${upper ? 'changes' : 'tree'})`,
    BY_NAME,
    async (t, { root, outside }) => {
      const seen = await readWhileSwapped(root, outside, upper);
      t.false(seen.includes('"path":"b/'), seen);
      t.true(seen.includes('"type":"symlink"'));
    },
  );

const CONFINED: Defence = ['src/worker/containers/fill-volume.ts', 'openInside(calls, opened[0]!, seed)'];
const ONLY_DIRECTORIES: Defence = ['src/worker/containers/fill-volume.ts', 'isDirectory()'];
const { signal } = new AbortController();

async function fill(root: string, seed: string): Promise<string> {
  const directory = join(root, 'volume', '_data');
  mkdirSync(join(root, 'volume'), { recursive: true });
  await fillVolume(
    await loadSyscalls(),
    { directory, seed },
    {
      rootfs: join(root, 'rootfs'),
      ownership: plainOwnership,
      signal,
    },
  );
  return directory;
}

attack(
  'CVE-2018-15664',
  'volumes: an image whose directory is a link fills none with files of the host',
  CONFINED,
  async (t, { root, outside }) => {
    mkdirSync(join(root, 'rootfs'));
    symlinkSync(outside, join(root, 'rootfs/absolute'));
    symlinkSync(`../../../../../..${outside}`, join(root, 'rootfs/dots'));
    for (const seed of ['/absolute', '/dots', '/absolute/folder', '/../../../../absolute'])
      t.deepEqual(readdirSync(await fill(root, seed)), [], seed);
  },
);

attack(
  'CVE-2018-15664',
  'volumes: what is no directory in the image fills none',
  ONLY_DIRECTORIES,
  async (t, { root }) => {
    mkdirSync(join(root, 'rootfs'));
    writeFileSync(join(root, 'rootfs/file'), '');
    execFileSync('mkfifo', [join(root, 'rootfs/fifo')]);
    for (const seed of ['/file', '/fifo']) {
      const error = await t.throwsAsync(fill(root, seed), { instanceOf: TsbuildError });
      t.regex(error?.message ?? '', /cannot mount volume over existing file/);
      t.false(existsSync(join(root, 'volume/_data')));
    }
  },
);

attack(
  'a worker that is killed',
  'volumes: one that was half filled when its worker was killed is filled anew or to its end',
  ['src/worker/containers/fill-volume.ts', 'finishMoves(calls, directory)'],
  async (t, { root }) => {
    mkdirSync(join(root, 'rootfs/data'), { recursive: true });
    for (const name of ['one', 'two']) writeFileSync(join(root, 'rootfs/data', name), name);
    mkdirSync(join(root, 'volume/filling'), { recursive: true });
    writeFileSync(join(root, 'volume/filling/rest'), '');
    const directory = await fill(root, '/data');
    t.deepEqual(readdirSync(directory).sort(), ['one', 'two']);
    mkdirSync(join(root, 'volume/filled'));
    renameSync(join(directory, 'two'), join(root, 'volume/filled/two'));
    await fill(root, '/data');
    t.deepEqual(readdirSync(directory).sort(), ['one', 'two']);
    t.is(readFileSync(join(directory, 'two'), 'utf8'), 'two');
    t.deepEqual(readdirSync(join(root, 'volume')).sort(), ['_data', 'lock']);
  },
);
