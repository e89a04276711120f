// ADD of archives: every verb through every way out, and what archives do to a destination that has links itself.
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorCode } from '../../src/core/errors.js';
import { attack, type Defence } from '../support/attack.js';
import { ESCAPE_ROUTES, ESCAPE_VERBS } from '../support/escape-routes.js';
import { evilTar } from '../support/evil-tars.js';

const ADD = 'FROM scratch\nADD evil.tar /dest/\n';
const REFUSALS: readonly ErrorCode[] = ['LAYER_UNSAFE', 'LAYER_INVALID', 'COPY_CONFLICT'];

const NO_DOTS: Defence = ['src/layer/tar/entry-path.ts', "parts.includes('..')"];
const INSIDE: Defence = ['src/layer/copy/archive-path.ts', 'return joinPath(root, current);'];

for (const route of ESCAPE_ROUTES) {
  for (const verb of ESCAPE_VERBS) {
    const defence = /dots/.test(route.title) ? NO_DOTS : INSIDE;
    attack(route.ids, `ADD, ${route.title}: ${verb.title}`, defence, async (t, world) => {
      const entries = [...route.lay(world.outside), ...verb.act(route.through(world.outside))];
      world.write({ 'evil.tar': evilTar(entries) });
      const outcome = await world.attempt({ dockerfileText: ADD });
      if ('error' in outcome) t.true(REFUSALS.includes(outcome.error.code), outcome.error.message);
      else t.false(verb.title === 'take by a hard link' && existsSync(join(outcome.files, 'dest', 'stolen')));
    });
  }
}

for (const name of ['../x', 'a/../../x', '/../x', './../x', '..']) {
  attack('CVE-2026-28406', `ADD refuses the name ${name}`, NO_DOTS, async (_, world) => {
    world.write({ 'evil.tar': evilTar([{ name, content: 'x' }]) });
    await world.refused({ dockerfileText: ADD }, ['LAYER_UNSAFE']);
  });
}

attack(
  'CVE-2026-17106',
  'a link of the archive that climbs out of the destination leads to it',
  INSIDE,
  async (t, world) => {
    world.write({
      'evil.tar': evilTar([
        { name: 'd', type: 'symlink', link: '../..' },
        { name: 'd/etc/passwd', content: 'x' },
        { name: 'stolen', type: 'hardlink', link: '../d/../../etc/passwd' },
      ]),
    });
    const { files } = await world.build({ dockerfileText: ADD });
    t.is(readFileSync(join(files, 'dest', 'etc', 'passwd'), 'utf8'), 'x');
    t.is(readFileSync(join(files, 'dest', 'stolen'), 'utf8'), 'x');
    t.false(existsSync(join(files, 'etc')));
  },
);

attack(
  'CVE-2024-12905',
  'a neighbour whose name begins like the destination stays as it is',
  INSIDE,
  async (t, world) => {
    world.write({
      kept: 'kept',
      'evil.tar': evilTar([
        { name: 'd', type: 'symlink', link: '../dest-evil' },
        { name: 'd/kept', content: 'taken' },
      ]),
    });
    const { files } = await world.build({
      dockerfileText: 'FROM scratch\nCOPY kept /dest-evil/\nADD evil.tar /dest/\n',
    });
    t.is(readFileSync(join(files, 'dest', 'dest-evil', 'kept'), 'utf8'), 'taken');
    t.is(readFileSync(join(files, 'dest-evil', 'kept'), 'utf8'), 'kept');
  },
);

attack(
  'CVE-2024-28863',
  'a link that points to itself, and a circle of links',
  ['src/layer/copy/archive-path.ts', 'if (++links > MAX_LINKS)'],
  async (_, world) => {
    world.write({
      'evil.tar': evilTar([
        { name: 'a', type: 'symlink', link: 'b' },
        { name: 'b', type: 'symlink', link: 'a' },
        { name: 'a/x', content: 'x' },
      ]),
    });
    await world.refused({ dockerfileText: ADD }, ['LAYER_UNSAFE']);
  },
);

attack(
  'oras-go before 2.6.2',
  'a hard link is never relative to the working directory',
  ['src/layer/copy/add-archive.ts', 'if (target === path || !existing || existing.type ==='],
  async (_, world) => {
    // package.json is in the working directory of this process, evil.tar beside the Dockerfile.
    for (const link of ['package.json', 'evil.tar', `${world.context}/evil.tar`]) {
      world.write({ 'evil.tar': evilTar([{ name: 'stolen', type: 'hardlink', link }]) });
      await world.refused({ dockerfileText: ADD }, ['LAYER_INVALID']);
    }
  },
);

attack(
  'CVE-2026-42574',
  'a destination that is a link of the image leads to a place of the image',
  [
    'src/layer/copy/add-archive.ts',
    'const root = resolvePath(tree, destination.path, { followLast: true });',
  ],
  async (t, world) => {
    const evil = world.image('evil', {
      layers: [[{ name: 'dest', type: 'symlink', link: world.outside }]],
    });
    world.write({ 'evil.tar': evilTar([{ name: 'secret', content: 'in the image' }]) });
    const { files } = await world.build({
      dockerfileText: 'FROM evil\nADD evil.tar /dest/\n',
      buildContexts: { evil },
    });
    t.is(readlinkSync(join(files, 'dest')), world.outside);
    t.is(readFileSync(join(files, world.outside, 'secret'), 'utf8'), 'in the image');
  },
);

attack(
  'CVE-2026-17106',
  'devices and FIFOs of an archive are made nowhere but in the image, and no device is a deletion',
  ['src/layer/copy/add-archive.ts', 'refuseDeletionMark(name, node);'],
  async (t, world) => {
    world.write({
      'evil.tar': evilTar([
        { name: 'sda', type: 'block', devices: [8, 0] },
        { name: 'mem', type: 'char', devices: [1, 1] },
        { name: 'fifo', type: 'fifo' },
        { name: 'plain', content: 'x' },
      ]),
    });
    const { files } = await world.build({ dockerfileText: ADD });
    t.true(lstatSync(join(files, 'dest', 'plain')).isFile());
    t.true(lstatSync(join(files, 'dest', 'fifo')).isFIFO());
    world.write({ 'evil.tar': evilTar([{ name: 'plain', type: 'char', devices: [0, 0] }]) });
    await world.refused({ dockerfileText: `FROM scratch\nADD evil.tar /dest/\n` }, ['LAYER_UNSAFE']);
  },
);

attack(
  'GHSA-49p4-px3h-rq49',
  'a context that is an archive gives no file of the host',
  ['src/layer/resolve-path.ts', 'pending.push(...targetNames(node.link ?? ROOT, current).reverse());'],
  async (_, world) => {
    const stdin = evilTar([
      { name: 'Dockerfile', content: 'FROM scratch\nCOPY way/secret /a\n' },
      { name: 'way', type: 'symlink', link: world.outside },
    ]);
    await world.refused({ context: '-' }, ['COPY_NOT_FOUND'], { stdin });
    const linked = evilTar([{ name: 'Dockerfile', type: 'symlink', link: `${world.outside}/secret` }]);
    await world.refused({ context: '-' }, ['DOCKERFILE_NOT_FOUND'], { stdin: linked });
    const climbing = evilTar([{ name: '../Dockerfile', content: 'FROM scratch\n' }]);
    await world.refused({ context: '-' }, ['LAYER_UNSAFE'], { stdin: climbing });
  },
);

attack(
  'CVE-2021-32803',
  'an archive made by GNU tar with links that lead out is no different',
  INSIDE,
  async (t, world) => {
    world.write({ 'tree/a': 'a' });
    execFileSync('ln', ['-s', world.outside, join(world.context, 'tree', 'd')]);
    execFileSync('tar', ['-C', join(world.context, 'tree'), '-cf', join(world.context, 'evil.tar'), '.']);
    execFileSync(
      'sh',
      [
        '-c',
        `rm tree/d && mkdir tree/d && echo x > tree/d/planted && tar -C tree --append -f evil.tar ./d/planted`,
      ],
      { cwd: world.context },
    );
    const { files } = await world.build({ dockerfileText: ADD });
    t.is(readFileSync(join(files, 'dest', world.outside, 'planted'), 'utf8'), 'x\n');
  },
);
