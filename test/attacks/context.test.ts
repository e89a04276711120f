// Build contexts that point at the host: links, special files, names of dots. What is packed is what lies in the
// context, link by link.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { openDirectoryView } from '../../src/context/directory-view.js';
import { openStatCache } from '../../src/context/stat-cache.js';
import { fromUtf8 } from '../../src/core/bytes.js';
import { TsbuildError, type ErrorCode } from '../../src/core/errors.js';
import { createContentSource } from '../../src/layer/tar/content-source.js';
import { attack, type Defence } from '../support/attack.js';

const BY_NAME: Defence = [
  'src/layer/resolve-path.ts',
  'const candidate = joinPath(current, name as ByteString);',
];
const CLEAN: Defence = ['src/core/tree-path.ts', 'const absolute = posix.normalize(`/${path}`);'];
const ABSENT: readonly ErrorCode[] = ['COPY_NOT_FOUND', 'COPY_CONFLICT', 'CONTEXT_UNREADABLE'];

const SOURCES = [
  'leak',
  'dir/secret',
  'dir/folder/inner',
  'dir/*',
  'd*/secret',
  'deep/up/etc/hostname',
  'root/etc/hostname',
  'self/root/etc/hostname',
  'chain/secret',
];
for (const verb of [
  'COPY',
  'ADD',
  'COPY --parents',
  'COPY --link',
  'COPY --from=other',
  'COPY --exclude=x',
]) {
  for (const source of SOURCES) {
    attack(
      'podup#721',
      `${verb} ${source}, which a link of the context leads out with`,
      BY_NAME,
      async (t, world) => {
        const links = {
          leak: join(world.outside, 'secret'),
          dir: world.outside,
          'deep/up': '../../../../../../../..',
          root: '/',
          self: '/proc/self',
          chain: 'dir',
        };
        world.write({ 'deep/file': 'x' });
        for (const [name, target] of Object.entries(links)) symlinkSync(target, join(world.context, name));
        const syntax =
          verb.includes('--parents') || verb.includes('--exclude')
            ? '# syntax=docker/dockerfile:1-labs\n'
            : '';
        const outcome = await world.attempt({
          dockerfileText: `${syntax}FROM scratch\n${verb} ${source} /copied/\n`,
          buildContexts: { other: world.context },
        });
        if ('error' in outcome)
          return void t.true(ABSENT.includes(outcome.error.code), outcome.error.message);
        const found = readdirSync(outcome.files, { recursive: true, encoding: 'utf8' });
        t.false(
          found.some(
            (name) => /secret$|inner$|hostname$/.test(name) && lstatSync(join(outcome.files, name)).isFile(),
          ),
          found.join(' '),
        );
      },
    );
  }
}

attack(
  'podup#721',
  'COPY . keeps links as links',
  ['src/context/directory-view.ts', 'lstat'],
  async (t, world) => {
    symlinkSync(join(world.outside, 'secret'), join(world.context, 'leak'));
    symlinkSync(world.outside, join(world.context, 'dir'));
    const { files } = await world.build({ dockerfileText: 'FROM scratch\nCOPY . /\n' });
    t.is(readlinkSync(join(files, 'leak')), join(world.outside, 'secret'));
    t.is(readlinkSync(join(files, 'dir')), world.outside);
  },
);

for (const source of [
  '../out',
  '../../../../../../etc/hostname',
  '/etc/hostname',
  './../../etc/hostname',
  'a/../../../etc/hostname',
  '..',
  '/..',
]) {
  attack('CVE-2026-28406', `COPY ${source} does not leave the context`, CLEAN, async (t, world) => {
    world.write({ 'a/x': 'x' });
    const outcome = await world.attempt({ dockerfileText: `FROM scratch\nCOPY ${source} /copied/\n` });
    if ('error' in outcome) t.true(ABSENT.includes(outcome.error.code), outcome.error.message);
    else t.deepEqual(readdirSync(join(outcome.files, 'copied')), ['a']);
  });
}

for (const dest of ['../../../../../../tmp/planted', '/../../tmp/planted', 'a/../../../../tmp/planted']) {
  attack('CVE-2026-28406', `COPY to ${dest} does not leave the image`, CLEAN, async (t, world) => {
    world.write({ file: 'x' });
    const { files } = await world.build({ dockerfileText: `FROM scratch\nWORKDIR /w\nCOPY file ${dest}\n` });
    t.is(readFileSync(join(files, 'tmp', 'planted'), 'utf8'), 'x');
  });
}

attack(
  'CVE-2026-28406',
  'a heredoc whose name has dots does not leave the destination',
  CLEAN,
  async (t, world) => {
    for (const name of ['../../../../planted', '/../planted']) {
      const outcome = await world.attempt({
        dockerfileText: `FROM scratch\nCOPY <<"${name}" /d/\nx\n${name}\n`,
      });
      if ('error' in outcome) t.not(outcome.error.code, 'INTERNAL');
      else t.false(existsSync(join(world.root, 'planted')));
    }
  },
);

for (const file of ['Dockerfile', '.dockerignore', 'Dockerfile.dockerignore']) {
  attack(
    'CVE-2024-9676',
    `${file} is a FIFO or a device: an error at once`,
    ['src/host/read-small-file.ts', "if (!stat.isFile()) throw unreadable(name, 'not a regular file');"],
    async (_, world) => {
      const path = join(world.context, file);
      if (file !== 'Dockerfile') world.write({ Dockerfile: 'FROM scratch\nCOPY . /\n' });
      execFileSync('mkfifo', [path]);
      await world.refused({}, ['CONTEXT_UNREADABLE']);
    },
  );
  attack(
    'podup#721',
    `${file} is a directory, or leads out of the context: it is not there`,
    ['src/context/definition-root.ts', 'tracePath(view, path, { followLast: true })'],
    async (t, world) => {
      const path = join(world.context, file);
      if (file !== 'Dockerfile') world.write({ Dockerfile: 'FROM scratch\nCOPY . /\n' });
      mkdirSync(join(world.context, 'dir'));
      writeFileSync(join(world.root, 'rules'), 'FROM scratch\nLABEL secret=1\n');
      const make: readonly (() => void)[] = [
        () => mkdirSync(path),
        ...[
          '/dev/zero',
          join(world.root, 'rules'),
          '../rules',
          'dir/../../rules',
          'up/rules',
          '/proc/self/environ',
        ].map((target) => () => symlinkSync(target, path)),
      ];
      symlinkSync('..', join(world.context, 'up'));
      for (const one of make) {
        one();
        if (file === 'Dockerfile') await world.refused({}, ['CONTEXT_UNREADABLE', 'DOCKERFILE_NOT_FOUND']);
        else t.true(existsSync(join((await world.build({})).files, 'dir')));
        execFileSync('rm', ['-rf', path]);
      }
    },
  );
}

attack(
  'CVE-2024-9676',
  'a FIFO of the context is copied as one, and not opened',
  ['src/context/node-of-stat.ts', 'fifo'],
  async (t, world) => {
    execFileSync('mkfifo', [join(world.context, 'pipe')]);
    world.write({ plain: 'x' });
    const { files } = await world.build({ dockerfileText: 'FROM scratch\nCOPY . /\nADD pipe /added/\n' });
    t.true(existsSync(join(files, 'plain')));
  },
);

attack('GHSA-hw3h (buildkit#6962)', 'operations on / leave the host alone', CLEAN, async (t, world) => {
  world.write({ file: 'x' });
  const { files } = await world.build({
    dockerfileText: 'FROM scratch\nCOPY file /\nCOPY --chown=1:1 --chmod=700 . /\nADD . /../..\nWORKDIR /\n',
  });
  t.is(readFileSync(join(files, 'file'), 'utf8'), 'x');
});

/** Whatever is asked for: what was there before, or an error that says what happened. */
const SWAPPED: Defence = [
  'src/host/open-directories.ts',
  'O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW',
];
for (const [what, ask] of [
  ['looked at', (view) => view.get(fromUtf8('dir/in/secret'))],
  ['listed', (view) => view.children(fromUtf8('dir/in'))],
  ['read as a link', (view) => view.get(fromUtf8('dir/in/link'))],
  ['hashed', (view) => view.sha256(fromUtf8('dir/in/seen'))],
  ['read', (view) => view.read(fromUtf8('dir/in/seen'), 100)],
] as readonly [string, (view: ReturnType<typeof openDirectoryView>) => unknown][]) {
  for (const swapped of ['dir', 'dir/in'])
    attack(
      'buildah CVE-2024-11218',
      `a directory of the context becomes a link before it is ${what}: ${swapped}`,
      SWAPPED,
      (t, world) => {
        world.write({ 'dir/in/seen': 'inside', 'dir/in/secret': 'inside' });
        const outside = join(world.root, 'elsewhere');
        mkdirSync(join(outside, 'in'), { recursive: true });
        for (const place of [outside, join(outside, 'in')]) {
          writeFileSync(join(place, 'secret'), 'outside');
          writeFileSync(join(place, 'seen'), 'outsid');
          symlinkSync('outside', join(place, 'link'));
        }
        const view = openDirectoryView({
          root: world.context,
          statCache: openStatCache({ now: () => Date.now() }),
        });
        for (const path of ['dir', 'dir/in', 'dir/in/seen']) view.get(fromUtf8(path));
        renameSync(join(world.context, swapped), join(world.context, 'moved'));
        symlinkSync(swapped === 'dir' ? outside : join(outside, 'in'), join(world.context, swapped));
        // Of an earlier turn nothing is open any more.
        return new Promise((resolve) => setImmediate(resolve)).then(() => {
          try {
            t.is(ask(view), undefined);
          } catch (error) {
            t.true(error instanceof TsbuildError && error.code === 'CONTEXT_CHANGED', String(error));
          }
        });
      },
    );
}

attack(
  'buildah CVE-2024-11218',
  'a directory of the context becomes a link before its files are packed',
  SWAPPED,
  (t, world) => {
    world.write({ 'dir/file': 'inside' });
    const view = openDirectoryView({
      root: world.context,
      statCache: openStatCache({ now: () => Date.now() }),
    });
    const { content, size } = view.get(fromUtf8('dir/file'))!;
    mkdirSync(join(world.root, 'elsewhere'));
    renameSync(join(world.context, 'dir'), join(world.context, 'moved'));
    // The same file by another way: its identity says nothing.
    execFileSync('ln', [join(world.context, 'moved/file'), join(world.root, 'elsewhere/file')]);
    symlinkSync(join(world.root, 'elsewhere'), join(world.context, 'dir'));
    if (content?.kind !== 'file') return void t.fail();
    const source = createContentSource();
    t.throws(() => source.open(content, size), { code: 'CONTEXT_CHANGED' });
    source.close();
  },
);
