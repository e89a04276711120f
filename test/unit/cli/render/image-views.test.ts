// What `tree` and `diff` print of images: golden texts, narrow terminals, hostile names.
import test from 'ava';
import { renderImageDiff } from '../../../../src/cli/render/image-diff.js';
import { renderLayers, renderWasted } from '../../../../src/cli/render/image-layers.js';
import { renderTree } from '../../../../src/cli/render/image-tree.js';
import { displayWidth } from '../../../../src/cli/render/display-width.js';
import type { Digest, DiffId } from '../../../../src/core/digest.js';
import type { ImageContents, ImageDifference } from '../../../../src/index.js';

const ID = `sha256:${'a'.repeat(64)}`;
const leaf = (name: string, size: number) => ({ name, size, files: 1, children: [], isFile: true }) as const;

const CONTENTS: ImageContents = {
  layers: [
    {
      diffId: ID as DiffId,
      size: 100_000,
      compressedSize: 40_000,
      createdBy: 'ADD rootfs.tar /',
      added: 5,
      changed: 0,
      deleted: 0,
      bytesAdded: 90_000,
      changes: [
        { kind: 'added', path: 'usr/lib', size: 80_000, files: 4 },
        { kind: 'added', path: 'bin/sh', size: 10_000, files: 1 },
      ],
    },
    {
      diffId: ID as DiffId,
      size: 1000,
      createdBy: 'RUN  rm /bin/sh',
      added: 0,
      changed: 0,
      deleted: 1,
      bytesAdded: 0,
      changes: [{ kind: 'deleted', path: 'bin/sh', size: 10_000, files: 1 }],
    },
  ],
  size: 80_000,
  files: 4,
  largestFiles: [{ path: 'usr/lib/node', size: 70_000, layer: 0 }],
  root: {
    name: '',
    size: 80_000,
    files: 4,
    children: [
      { name: 'usr', size: 75_000, files: 2, children: [leaf('z', 70_000), leaf('a', 5000)] },
      leaf('Big.bin', 4000),
    ],
  },
  wasted: [{ path: 'bin/sh', size: 10_000, layer: 0, by: 1, how: 'deleted' }],
  wastedFiles: 3,
  wastedBytes: 10_002,
};
const VIEW = { image: 'app:1', isByName: false, areAllShown: false, style: {} };

test('tree: sizes, shares and names, the larger first; or by name', (t) => {
  t.is(
    renderTree(CONTENTS, VIEW),
    `   80kB  100%  /
   75kB   94%  ├─ usr/
   70kB   88%  │  ├─ z
    5kB  6.3%  │  └─ a
    4kB  5.0%  ├─ Big.bin
    1kB  1.3%  └─ … 1 smaller file

SIZE   LAYER   LARGEST FILES
70kB       1   /usr/lib/node

90kB in 2 layers, 10kB of them wasted (see tsbuild tree --wasted)
`,
  );
  const names = renderTree(CONTENTS, { ...VIEW, isByName: true })
    .split('\n')
    .slice(1, 5);
  t.deepEqual(
    names.map((line) => line.slice(15)),
    ['├─ Big.bin', '├─ usr/', '│  ├─ a', '│  └─ z'],
  );
});

test('tree: an empty image, and a file', (t) => {
  const empty = {
    ...CONTENTS,
    layers: [],
    size: 0,
    files: 0,
    largestFiles: [],
    wastedBytes: 0,
    wastedFiles: 0,
  };
  const root = { name: '', size: 0, files: 0, children: [] };
  t.is(
    renderTree({ ...empty, root }, VIEW),
    '     0B  100%  /\n\nSIZE   LAYER   LARGEST FILES\n\n0B in 0 layers\n',
  );
  t.regex(
    renderTree({ ...CONTENTS, root: leaf('usr/z', 7) }, VIEW),
    /^ +7B  100%  \/usr\/z\n\n90kB in 2 layers/,
  );
  t.is(renderLayers({ ...empty, root }, VIEW), 'The image has no layers.\n');
  t.regex(renderWasted({ ...empty, root }, VIEW), /^No bytes are wasted/);
});

test('tree --layers: what each layer changed', (t) => {
  t.is(
    renderLayers(CONTENTS, VIEW),
    `Layer 1  ADD rootfs.tar /
  90kB (40kB compressed): 5 added
  A    80kB  /usr/lib  (4 files)
  A    10kB  /bin/sh

Layer 2  RUN rm /bin/sh
  0B: 1 deleted
  D    10kB  /bin/sh
`,
  );
  const many = Array.from({ length: 25 }, (_, i) => ({
    kind: 'added' as const,
    path: `f${i}`,
    size: 1,
    files: 1,
  }));
  const layers = [{ ...CONTENTS.layers[0]!, changes: many }];
  t.regex(renderLayers({ ...CONTENTS, layers }, VIEW), /\/f19\n {2}… 5 more: --all shows them\n$/);
  t.regex(renderLayers({ ...CONTENTS, layers }, { ...VIEW, areAllShown: true }), /\/f24\n$/);
});

test('tree --wasted: files with the layer that wrote and the layer that hides them', (t) => {
  t.is(
    renderWasted(CONTENTS, VIEW),
    `SIZE   WRITTEN BY   HIDDEN BY          PATH
10kB   layer 1      layer 2, deleted   /bin/sh

Layer 1  ADD rootfs.tar /
Layer 2  RUN rm /bin/sh

10kB wasted in 3 files, the largest 1 of them above
`,
  );
});

const STATE = { type: 'file', size: 10, mode: 0o644, uid: 0, gid: 0 } as const;
const DIFFERENCE: ImageDifference = {
  isEqual: false,
  before: { name: 'app:1', digest: ID as Digest, layers: 2, size: 5000 },
  after: { name: 'app:2', digest: ID as Digest, layers: 1, size: 6000 },
  files: [
    {
      kind: 'added',
      path: 'app',
      aspects: [],
      after: { ...STATE, type: 'dir', size: 0 },
      below: { files: 2, size: 300 },
    },
    {
      kind: 'changed',
      path: 'etc/x',
      aspects: ['size', 'mode', 'owner'],
      before: STATE,
      after: { ...STATE, size: 7, mode: 0o4755, uid: 5 },
    },
    { kind: 'removed', path: 'old', aspects: [], before: STATE },
    {
      kind: 'changed',
      path: 'sh',
      aspects: ['link'],
      before: { ...STATE, type: 'symlink', size: 0, link: 'dash' },
      after: { ...STATE, type: 'symlink', size: 0, link: 'bash' },
    },
  ],
  added: { files: 2, size: 300 },
  removed: { files: 1, size: 10 },
  changed: { files: 2, size: 7 },
  timesOnly: 3,
  config: [
    { field: 'Env', key: 'A', before: '1', after: '2' },
    { field: 'User', after: '5' },
  ],
  layers: {
    shared: 1,
    before: [{ diffId: ID as DiffId, size: 1000, createdBy: 'RUN a' }],
    after: [],
  },
};

test('diff: config, layers, files and sums', (t) => {
  t.is(
    renderImageDiff(DIFFERENCE, {}),
    `- app:1  sha256:aaaaaaaaaaaa  2 layers  5kB
+ app:2  sha256:aaaaaaaaaaaa  1 layer  6kB

CONFIG
- Env A: 1
+ Env A: 2
+ User: 5

LAYERS
= 1 in both
-     1kB  RUN a

FILES
A     300B  /app/  (2 files)
C      -3B  /etc/x  size, mode 0644 → 4755, owner 0:0 → 5:0
D      10B  /old
C           /sh  link dash → bash

Files: 2 added (300B), 1 deleted (10B), 2 changed (7B); 3 differ in their time alone
`,
  );
});

test('diff: of equal images', (t) => {
  const nothing = { files: [], config: [], layers: { shared: 2, before: [], after: [] }, timesOnly: 0 };
  t.regex(
    renderImageDiff({ ...DIFFERENCE, ...nothing, isEqual: true }, {}),
    /5kB\n\+ .* 6kB\n\nFiles and config are the same\n$/,
  );
});

const EVIL = 'x\x1b[31m\u202e\r\n\x9b2J/..';

/** Every text that comes from an image replaced by one that would move the cursor. */
function evil<T>(value: T): T {
  const swap = (key: string, each: unknown): unknown =>
    ['name', 'path', 'createdBy', 'link', 'key', 'before', 'after'].includes(key) && typeof each === 'string'
      ? EVIL
      : each;
  return JSON.parse(JSON.stringify(value, swap)) as T;
}

test('names out of images move no cursor and fit on the screen', (t) => {
  for (const width of [20, 60, 80]) {
    const view = { ...VIEW, style: { width } };
    for (const text of [
      renderTree(evil(CONTENTS), view),
      renderLayers(evil(CONTENTS), view),
      renderWasted(evil(CONTENTS), view),
      renderImageDiff(evil(DIFFERENCE), view.style),
    ]) {
      t.notRegex(text, /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]/);
      // Sentences and titles are not cut; names are.
      const named = text.split('\n').filter((line) => line.includes('\\x1b'));
      for (const line of named) t.true(displayWidth(line) <= Math.max(width, 50), line);
    }
  }
});
