// What every file system for steps does: shows trees as one, takes changes, and tells them. Run over drivers, by root,
// without a sandbox.
import type { StoredLayer } from '../../src/store/stored-layer.js';
import type { ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { RootfsDriver } from '../../src/rootfs/rootfs-driver.js';
import { plainOwnership } from '../../src/rootfs/ownership.js';
import { createTreeStore } from '../../src/rootfs/tree-store.js';
import { loadSyscalls, type SystemCalls } from '../../src/host/syscalls/system-calls.js';
import { fromUtf8 } from '../../src/core/bytes.js';
import type { LayerEntry } from '../../src/layer/entry.js';
import { addLayer, dir, file, hardlink, symlink, temporaryStore } from '../support/sandbox-rootfs.js';
import { testNeeding } from '../support/requirements.js';

export interface RootfsSuiteDriver {
  readonly name: RootfsDriver['name'];
  open(calls: SystemCalls, keepIn: () => string): RootfsDriver;
}

interface Bench {
  /** Trees of new layers (bottom first), topmost first. */
  trees(...layers: readonly (readonly LayerEntry[])[]): Promise<string[]>;
  /** Changes `target` and returns what the driver says of it, one line per entry. */
  changed(lowers: readonly string[], change: (target: string) => void): Promise<string[]>;
  readonly driver: RootfsDriver;
  place(): string;
}

const whiteout = (path: string): LayerEntry => ({ kind: 'whiteout', path: fromUtf8(path) });
const opaque = (path: string): LayerEntry => ({ kind: 'opaque', path: fromUtf8(path) });

const BASE: readonly LayerEntry[] = [
  dir('d', { mode: 0o750, uid: 3, gid: 4 }),
  file('d/a', 'A', { mode: 0o4711, uid: 1 }),
  file('d/b', 'B'),
  dir('full'),
  file('full/x', 'x'),
  dir('gone'),
  file('gone/y', 'y'),
  file('linked', 'L'),
  hardlink('other', 'linked'),
  symlink('link', '/etc'),
];
const UPPER: readonly LayerEntry[] = [
  whiteout('d/b'),
  file('d/c', 'C'),
  dir('full'),
  opaque('full'),
  file('full/new', 'n'),
  whiteout('gone'),
  file('link', 'no link any more'),
];

async function openBench(t: ExecutionContext, driver: RootfsSuiteDriver): Promise<Bench> {
  const store = temporaryStore();
  const calls = await loadSyscalls();
  let count = 0;
  const place = (): string => {
    const path = join(store.paths.trees, `place-${count++}`);
    mkdirSync(path);
    return path;
  };
  const opened = driver.open(calls, place);
  const trees = createTreeStore(calls, store.paths, plainOwnership);
  t.teardown(() => rmSync(join(store.paths.root, '..'), { recursive: true, force: true }));
  return {
    driver: opened,
    place,
    async trees(...layers) {
      const refs: StoredLayer[] = [];
      for (const entries of layers) refs.push(await addLayer(store, entries));
      return trees.ensure(refs, new AbortController().signal);
    },
    async changed(lowers, change) {
      const rootfs = await opened.open(place(), lowers);
      try {
        change(rootfs.target);
        const { entries } = await rootfs.changes();
        return [...entries].map(
          (entry) => `${entry.kind} ${entry.path}${entry.kind === 'hardlink' ? ` = ${entry.target}` : ''}`,
        );
      } finally {
        rootfs.close();
      }
    },
  };
}

/** Type, mode, owner and name of everything, with the content of small files. */
function listing(target: string): string[] {
  const found = execFileSync('find', ['.', '-mindepth', '1', '-printf', '%y %m %U:%G %n %T@ %P\n'], {
    cwd: target,
  });
  return found
    .toString()
    .trim()
    .split('\n')
    .map((line) => (line.startsWith('d') ? line.replace(/^(d \S+ \S+) \d+/, '$1') : line))
    .toSorted();
}

export function rootfsSuite(driver: RootfsSuiteDriver): void {
  const needing = testNeeding('root');
  const check = (title: string, run: (t: ExecutionContext, bench: Bench) => Promise<void>): void =>
    needing(`${driver.name}: ${title}`, async (t) => run(t, await openBench(t, driver)));

  check(
    'layers are shown as one, with deletions, opaque directories, owners, modes, links and times',
    async (t, bench) => {
      const lowers = await bench.trees(BASE, UPPER);
      const view = await bench.driver.view(bench.place(), lowers, { isWritable: false });
      try {
        t.deepEqual(listing(view.target), [
          'd 750 3:4 1600000000.0000000000 d',
          'd 755 0:0 1600000000.0000000000 full',
          'f 4711 1:0 1 1600000000.0000000000 d/a',
          'f 644 0:0 1 1600000000.0000000000 d/c',
          'f 644 0:0 1 1600000000.0000000000 full/new',
          'f 644 0:0 1 1600000000.0000000000 link',
          'f 644 0:0 2 1600000000.0000000000 linked',
          'f 644 0:0 2 1600000000.0000000000 other',
        ]);
        t.is(readFileSync(join(view.target, 'd/c'), 'utf8'), 'C');
      } finally {
        view.close();
      }
    },
  );

  check('writes to a writable view are thrown away', async (t, bench) => {
    const lowers = await bench.trees(BASE);
    for (let i = 0; i < 2; i++) {
      const view = await bench.driver.view(bench.place(), lowers, { isWritable: true });
      t.false(existsSync(join(view.target, 'new')));
      writeFileSync(join(view.target, 'new'), 'x');
      view.close();
    }
  });

  check('no layers at all: an empty root of mode 0755', async (t, bench) => {
    const rootfs = await bench.driver.open(bench.place(), []);
    t.is(statSync(rootfs.target).mode & 0o7777, 0o755);
    t.deepEqual([...(await rootfs.changes()).entries], []);
    rootfs.close();
  });

  check('nothing changed, or changed and changed back: no entries', async (t, bench) => {
    const lowers = await bench.trees(BASE, UPPER);
    t.deepEqual(await bench.changed(lowers, () => {}), []);
    const back = (target: string): void => {
      writeFileSync(join(target, 'new'), '');
      rmSync(join(target, 'new'));
      const { mtime } = statSync(join(target, 'd/c'));
      writeFileSync(join(target, 'd/c'), 'C');
      utimesSync(join(target, 'd/c'), mtime, mtime);
      chownSync(join(target, 'd/c'), 9, 9);
      chownSync(join(target, 'd/c'), 0, 0);
    };
    t.deepEqual(await bench.changed(lowers, back), []);
  });

  check('the same size and time with other bytes is a change', async (t, bench) => {
    const lowers = await bench.trees(BASE);
    const sneak = (target: string): void => {
      const { mtime } = statSync(join(target, 'd/b'));
      writeFileSync(join(target, 'd/b'), 'Z');
      utimesSync(join(target, 'd/b'), mtime, mtime);
    };
    t.deepEqual(await bench.changed(lowers, sneak), ['node d', 'node d/b']);
  });

  check('new, changed, removed and replaced objects, each with its parents', async (t, bench) => {
    const lowers = await bench.trees(BASE, UPPER);
    const change = (target: string): void => {
      writeFileSync(join(target, 'd/new'), '');
      rmSync(join(target, 'd/c'));
      rmSync(join(target, 'full'), { recursive: true });
      mkdirSync(join(target, 'full'));
      mkdirSync(join(target, 'empty'));
      rmSync(join(target, 'link'));
      mkdirSync(join(target, 'link'));
    };
    t.deepEqual((await bench.changed(lowers, change)).toSorted(), [
      'node d',
      'node d/new',
      'node empty',
      'node full',
      'node link',
      'opaque full',
      'whiteout d/c',
    ]);
  });

  check('a new name brings all names of the file', async (t, bench) => {
    const lowers = await bench.trees(BASE);
    const link = (target: string): void => linkSync(join(target, 'd/b'), join(target, 'd/z'));
    t.deepEqual(await bench.changed(lowers, link), ['node d', 'node d/b', 'hardlink d/z = d/b']);
  });

  check('a name less is no change of the others', async (t, bench) => {
    const lowers = await bench.trees(BASE);
    t.deepEqual(await bench.changed(lowers, (target) => rmSync(join(target, 'other'))), ['whiteout other']);
  });
}
