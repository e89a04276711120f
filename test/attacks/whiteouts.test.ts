// Deletions in layers that are none, or that would delete what they must not. OCI image-spec layer.md#whiteouts.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attack, attackNeeding, type AttackWorld, type Defence } from '../support/attack.js';
import { shellLayer } from '../support/evil-image.js';
import type { EvilEntry } from '../support/evil-tars.js';

const NO_NAME: Defence = [
  'src/layer/tar/layer-entry-of.ts',
  "if (hidden === '' || hidden === '.' || hidden === '..')",
];
const NO_CHILD: Defence = [
  'src/layer/tar/layer-entry-of.ts',
  "if (hasWhiteoutComponent(dir)) throw unsafe(name, 'entry below a whiteout');",
];
const NO_LINK: Defence = [
  'src/layer/tar/layer-entry-of.ts',
  "throw unsafe(raw.name, 'hard link to a whiteout');",
];
const IDS = 'OCI layer.md whiteouts';

const LOWER: readonly EvilEntry[] = [
  { name: 'dir', type: 'dir' },
  { name: 'dir/kept', content: 'kept' },
  { name: 'kept', content: 'kept' },
];

function imageOf(world: AttackWorld, upper: readonly EvilEntry[]): string {
  return world.image('evil', { layers: [LOWER, upper] });
}

const REFUSED: readonly (readonly [string, Defence, readonly EvilEntry[]])[] = [
  ['.wh. without a name', NO_NAME, [{ name: '.wh.' }]],
  ['.wh.. is the directory itself', NO_NAME, [{ name: '.wh..' }]],
  ['.wh... is the directory above', NO_NAME, [{ name: '.wh...' }]],
  ['dir/.wh..', NO_NAME, [{ name: 'dir/.wh..' }]],
  ['dir/.wh... would delete what holds dir', NO_NAME, [{ name: 'dir/.wh...' }]],
  ['dir/.wh. as a directory', NO_NAME, [{ name: 'dir/.wh.', type: 'dir' }]],
  ['a file below a deletion', NO_CHILD, [{ name: '.wh.dir/planted', content: 'x' }]],
  ['a directory below a deletion', NO_CHILD, [{ name: 'dir/.wh.x/y/z', type: 'dir' }]],
  ['a deletion below a deletion', NO_CHILD, [{ name: '.wh.dir/.wh.kept' }]],
  [
    'a hard link to a deletion',
    NO_LINK,
    [{ name: '.wh.kept' }, { name: 'x', type: 'hardlink', link: '.wh.kept' }],
  ],
  ['a hard link to an opaque mark', NO_LINK, [{ name: 'x', type: 'hardlink', link: 'dir/.wh..wh..opq' }]],
];

for (const [title, defence, upper] of REFUSED) {
  attack(IDS, `refused: ${title}`, defence, async (_, world) => {
    const evil = imageOf(world, upper);
    await world.refused({ dockerfileText: 'FROM evil\nCOPY --from=evil / /x/\n', buildContexts: { evil } }, [
      'LAYER_UNSAFE',
    ]);
  });
}

const HARMLESS: readonly (readonly [string, readonly EvilEntry[], readonly string[]])[] = [
  [
    'a deletion with content deletes and leaves no content',
    [{ name: '.wh.kept', content: 'payload' }],
    ['dir/kept'],
  ],
  ['a deletion that is a directory', [{ name: '.wh.kept', type: 'dir' }], ['dir/kept']],
  ['a deletion that is a link', [{ name: '.wh.kept', type: 'symlink', link: '/etc/passwd' }], ['dir/kept']],
  [
    'a deletion of what is not there',
    [{ name: '.wh.nothing' }, { name: 'no/such/.wh.thing' }],
    ['dir/kept', 'kept'],
  ],
  ['an opaque mark with content', [{ name: 'dir/.wh..wh..opq', content: 'payload' }], ['kept']],
  ['an opaque mark that is a directory', [{ name: 'dir/.wh..wh..opq', type: 'dir' }], ['kept']],
  ['an opaque mark on the root', [{ name: '.wh..wh..opq' }], []],
  [
    'bookkeeping of AUFS',
    [
      { name: '.wh..wh.plnk', type: 'dir' },
      { name: '.wh..wh.plnk/1.2', content: 'x' },
    ],
    ['dir/kept', 'kept'],
  ],
  [
    'a deletion and the same name in one layer',
    [{ name: 'kept', content: 'new' }, { name: '.wh.kept' }],
    ['dir/kept', 'kept'],
  ],
];

for (const [title, upper, left] of HARMLESS) {
  attack(
    IDS,
    `harmless: ${title}`,
    [
      'src/layer/tar/layer-entry-of.ts',
      "return { kind: 'whiteout', path: joinPath(dir, hidden as ByteString) };",
    ],
    async (t, world) => {
      const evil = imageOf(world, upper);
      const { files } = await world.build({ dockerfileText: 'FROM evil\n', buildContexts: { evil } });
      const found = ['dir/kept', 'kept'].filter((name) => existsSync(join(files, name)));
      t.deepEqual(found, left);
      t.false(existsSync(join(files, '.wh.kept')));
    },
  );
}

attack(
  IDS,
  'a name that only begins like a deletion cannot be made by COPY or ADD',
  ['src/layer/tar/entry-headers.ts', 'hasWhiteoutComponent'],
  async (_, world) => {
    world.write({ '.wh.etc': 'x' });
    await world.refused({ dockerfileText: 'FROM scratch\nCOPY .wh.etc /\n' }, ['LAYER_UNSAFE']);
    await world.refused({ dockerfileText: 'FROM scratch\nCOPY <<.wh.etc /\nx\n.wh.etc\n' }, [
      'LAYER_UNSAFE',
      'DOCKERFILE_SYNTAX',
      'DOCKERFILE_UNKNOWN_INSTRUCTION',
    ]);
    await world.refused({ dockerfileText: 'FROM scratch\nCOPY Dockerfile /.wh.x/\n' }, [
      'LAYER_UNSAFE',
      'COPY_NOT_FOUND',
    ]);
  },
);

attackNeeding('sandbox', 'busybox')(
  IDS,
  'RUN sees deletions as the tree view does, also of directories that are links below',
  ['src/rootfs/deletion-marks.ts', 'makeWhiteout(calls, parent, baseName(path));'],
  async (t, world) => {
    const evil = world.image('evil', {
      layers: [
        shellLayer(),
        [...LOWER, { name: 'way', type: 'symlink', link: world.outside }],
        [{ name: '.wh.kept' }, { name: 'dir/.wh..wh..opq' }, { name: '.wh.way', content: 'payload' }],
      ],
    });
    const { files } = await world.build({
      dockerfileText: 'FROM evil\nRUN ls -A / /dir > /seen; touch /way 2>/dev/null; true\n',
      buildContexts: { evil },
    });
    const seen = readFileSync(join(files, 'seen'), 'utf8').split('\n');
    t.false(seen.includes('kept') || seen.includes('way') || seen.some((name) => name.startsWith('.wh')));
  },
);
