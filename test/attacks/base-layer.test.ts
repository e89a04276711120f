// Layers of base images that are only built upon and copied from: every verb through every way out, in one layer and
// across two, then written to a directory of the host by `type=local`, which is the one place where a name of an image
// becomes a path.
import {
  existsSync,
  readFileSync,
  symlinkSync,
  mkdirSync,
  writeFileSync,
  linkSync,
  lstatSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ErrorCode } from '../../src/core/errors.js';
import { attack, type Defence } from '../support/attack.js';
import { ESCAPE_ROUTES, ESCAPE_VERBS } from '../support/escape-routes.js';

const REFUSALS: readonly ErrorCode[] = ['LAYER_UNSAFE', 'LAYER_INVALID', 'COPY_CONFLICT'];
const NO_DOTS: Defence = ['src/layer/tar/entry-path.ts', "parts.includes('..')"];
const BY_NAME: Defence = ['src/layer/apply-layer.ts', "if (next?.node.type !== 'dir') branch = put("];
const REAL_DIRECTORY: Defence = [
  'src/export/local-directory.ts',
  'if (stat?.isDirectory()) return chmodSync(path, 0o755);',
];

for (const route of ESCAPE_ROUTES) {
  for (const verb of ESCAPE_VERBS) {
    const defence = /dots/.test(route.title) ? NO_DOTS : BY_NAME;
    attack(
      route.ids,
      `FROM, COPY --from and output, ${route.title}: ${verb.title}`,
      defence,
      async (t, world) => {
        const [way, deed] = [route.lay(world.outside), verb.act(route.through(world.outside))];
        const layers = { one: [[...way, ...deed]], two: [way, deed] };
        for (const [name, tars] of Object.entries(layers)) {
          const evil = world.image(name, { layers: tars });
          const outcome = await world.attempt({
            dockerfileText: 'FROM evil\nCOPY --from=evil . /again/\nWORKDIR /d/made\n',
            buildContexts: { evil },
          });
          if ('error' in outcome) t.true(REFUSALS.includes(outcome.error.code), outcome.error.message);
        }
      },
    );
  }
}

for (const way of ['d', 'd/', './d/.', 'd/*', '[d]', 'd/secret', 'd/folder']) {
  attack(
    'CVE-2026-28406',
    `COPY --from=image ${way}, where d leads out, copies nothing of the host`,
    ['src/layer/resolve-path.ts', 'const candidate = joinPath(current, name as ByteString);'],
    async (t, world) => {
      const evil = world.image('evil', { layers: [[{ name: 'd', type: 'symlink', link: world.outside }]] });
      const outcome = await world.attempt({
        dockerfileText: `FROM scratch\nCOPY --from=evil ${way} /copied/\n`,
        buildContexts: { evil },
      });
      if ('error' in outcome) t.is(outcome.error.code, 'COPY_NOT_FOUND');
      else t.false(existsSync(join(outcome.files, 'copied', 'secret')));
    },
  );
}

for (const source of ['../../../../../../etc/hostname', '/../../etc/hostname', '..', '/..']) {
  attack(
    'osscontainertools/kaniko#560',
    `COPY --from=image ${source} stays in the image`,
    ['src/core/tree-path.ts', 'const absolute = posix.normalize(`/${path}`);'],
    async (t, world) => {
      const evil = world.image('evil', { layers: [[{ name: 'etc/hostname', content: 'in the image' }]] });
      const { files } = await world.build({
        dockerfileText: `FROM scratch\nCOPY --from=evil ${source} /copied/\n`,
        buildContexts: { evil },
      });
      const name = source.endsWith('..') ? 'etc/hostname' : 'hostname';
      t.is(readFileSync(join(files, 'copied', name), 'utf8'), 'in the image');
    },
  );
}

attack(
  'CVE-2026-17106',
  'an output over an earlier output follows no link that the earlier image left there',
  REAL_DIRECTORY,
  async (t, world) => {
    const dest = join(world.root, 'dest');
    const first = world.image('first', {
      layers: [
        [
          { name: 'd', type: 'symlink', link: world.outside },
          { name: 'secret', type: 'symlink', link: `${world.outside}/secret` },
        ],
      ],
    });
    const second = world.image('second', {
      layers: [
        [
          { name: 'd', type: 'dir', mode: 0o700 },
          { name: 'd/planted', content: 'x' },
          { name: 'secret', content: 'x' },
        ],
      ],
    });
    for (const evil of [first, second])
      await world.build({
        dockerfileText: 'FROM evil\n',
        buildContexts: { evil },
        outputs: [{ type: 'local', dest }],
      });
    t.is(readFileSync(join(dest, 'd', 'planted'), 'utf8'), 'x');
  },
);

attack(
  'CVE-2026-17106',
  'an output over a hard link of a file outside replaces the name, not the file',
  ['src/export/local-directory.ts', 'rmSync(path, { recursive: true, force: true });\n  if (node.type ==='],
  async (t, world) => {
    const dest = join(world.root, 'dest');
    mkdirSync(dest);
    const neighbour = join(world.root, 'neighbour');
    writeFileSync(neighbour, 'mine');
    linkSync(neighbour, join(dest, 'a'));
    symlinkSync(neighbour, join(dest, 'b'));
    const evil = world.image('evil', {
      layers: [
        [
          { name: 'a', content: 'taken' },
          { name: 'b', content: 'taken' },
        ],
      ],
    });
    await world.build({
      dockerfileText: 'FROM evil\n',
      buildContexts: { evil },
      outputs: [{ type: 'local', dest }],
    });
    t.is(readFileSync(neighbour, 'utf8'), 'mine');
  },
);

attack(
  'CVE-2026-17106',
  'FIFOs, devices and hard links to them in an output are never opened, and devices are made by root alone',
  ['src/export/local-directory.ts', 'else if (!target.makeSpecialFile(path, node)) return false;'],
  async (t, world) => {
    const evil = world.image('evil', {
      layers: [
        [
          { name: 'mem', type: 'char', devices: [1, 1] },
          { name: 'pipe', type: 'fifo' },
          { name: 'mem2', type: 'hardlink', link: 'mem' },
          { name: 'pipe2', type: 'hardlink', link: 'pipe' },
          { name: 'plain', content: 'x' },
        ],
      ],
    });
    const { files } = await world.build({ dockerfileText: 'FROM evil\n', buildContexts: { evil } });
    for (const name of ['pipe', 'pipe2']) t.true(lstatSync(join(files, name)).isFIFO());
    const isRoot = process.getuid?.() === 0;
    for (const name of ['mem', 'mem2']) {
      const stat = lstatSync(join(files, name), { throwIfNoEntry: false });
      t.is(stat?.isCharacterDevice() === true && stat.rdev === 0x101, isRoot);
      t.is(stat !== undefined, isRoot);
    }
    t.true(existsSync(join(files, 'plain')));
  },
);

attack(
  'CVE-2026-24842',
  'a hard link to something that no layer has is refused, also when the host has it',
  ['src/layer/apply-layer.ts', 'if (!target) throw danglingLink(link);'],
  async (_, world) => {
    for (const link of ['package.json', `${world.outside}/secret`, 'd/secret']) {
      const evil = world.image('evil', {
        layers: [
          [{ name: 'd', type: 'symlink', link: world.outside }],
          [{ name: 'stolen', type: 'hardlink', link }],
        ],
      });
      await world.refused(
        { dockerfileText: 'FROM evil\nCOPY --from=evil stolen /\n', buildContexts: { evil } },
        ['LAYER_INVALID'],
      );
    }
  },
);

for (const [title, entries] of [
  [
    'a circle of hard links',
    [
      { name: 'a', type: 'hardlink', link: 'b' },
      { name: 'b', type: 'hardlink', link: 'a' },
    ],
  ],
  ['a hard link to itself', [{ name: 'a', type: 'hardlink', link: 'a' }]],
  [
    'a hard link to a directory',
    [
      { name: 'a', type: 'dir' },
      { name: 'b', type: 'hardlink', link: 'a' },
    ],
  ],
  ['a hard link to the root', [{ name: 'b', type: 'hardlink', link: '/' }]],
  ['a root that is a link', [{ name: './', type: 'symlink', link: '/' }]],
  ['a root that is a file', [{ name: '.', content: 'x' }]],
  ['a link without a text', [{ name: 'a', type: 'symlink', link: '' }]],
] as const) {
  attack(
    'CVE-2026-23745',
    `${title} is refused`,
    [
      'src/layer/tar/layer-entry-of.ts',
      "if (target === '') throw unsafe(raw.name, 'hard link to the root');",
    ],
    async (_, world) => {
      const evil = world.image('evil', { layers: [entries] });
      await world.refused(
        { dockerfileText: 'FROM evil\nCOPY --from=evil / /x/\n', buildContexts: { evil } },
        ['LAYER_INVALID', 'LAYER_UNSAFE'],
      );
    },
  );
}
