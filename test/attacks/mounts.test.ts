// RUN --mount in whole builds: sources that are links to the host, ids of dots, writes that must not last, options that
// nobody knows.
import { existsSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { attack, attackNeeding, type AttackWorld, type Defence } from '../support/attack.js';
import { shellLayer } from '../support/evil-image.js';

const attackRun = attackNeeding('sandbox', 'busybox');
const INSIDE: Defence = ['src/rootfs/path-in-root.ts', "if (text.startsWith('/')) unwind(0);"];
const HASHED: Defence = ['src/store/cache-mount-name.ts', "createHash('sha256').update(id).digest('hex')"];

/** The base with a shell under the name `shell`, and a Dockerfile on it. */
function onShell(world: AttackWorld, lines: string) {
  return {
    dockerfileText: `FROM shell\n${lines}\n`,
    buildContexts: { shell: world.image('shell', { layers: [shellLayer()] }) },
  };
}

const log = (world: AttackWorld): string =>
  world.events.map((event) => (event.kind === 'step-log' ? Buffer.from(event.data).toString() : '')).join('');

attackRun(
  'CVE-2024-1753',
  'a bind source that is a link to / shows the root of its stage',
  INSIDE,
  async (t, world) => {
    const { dockerfileText, buildContexts } = onShell(
      world,
      `AS s\nRUN ln -s / /rootdir && ln -s ../../../../../.. /dots && ln -s ${world.outside} /way && echo stage > /only-here`,
    );
    const text = dockerfileText.replace('shell\nAS', 'shell AS');
    const use = (source: string, command: string): string =>
      `${text}FROM shell\nRUN --mount=type=bind,from=s,source=${source},target=/m,rw ${command}\n`;
    for (const source of ['/rootdir', '/dots', '/rootdir/rootdir', '../../..', '/'])
      await world.build({
        dockerfileText: use(source, `cat /m/only-here && echo x > /m/planted; : ${source}`),
        buildContexts,
      });
    t.is(log(world).match(/stage/g)?.length, 5);
    await world.refused({ dockerfileText: use('/way', 'ls /m'), buildContexts }, ['COPY_NOT_FOUND']);
  },
);

attackRun(
  'CVE-2024-1753',
  'a bind source of the context that leads out does not exist',
  INSIDE,
  async (_, world) => {
    symlinkSync(world.outside, join(world.context, 'way'));
    symlinkSync('/', join(world.context, 'rootdir'));
    for (const source of [
      'way',
      'way/secret',
      'rootdir/etc/hostname',
      '../../../etc/hostname',
      '/etc/hostname',
    ])
      await world.refused(onShell(world, `RUN --mount=type=bind,source=${source},target=/m cat /m`), [
        'COPY_NOT_FOUND',
      ]);
  },
);

attackRun(
  'CVE-2025-4953',
  'writes to a bind mount of the context do not last',
  ['src/sandbox/prepare-mounts.ts', 'bind'],
  async (t, world) => {
    world.write({ 'dir/file': 'mine', top: 'mine' });
    await world.build(
      onShell(
        world,
        'RUN --mount=type=bind,target=/m,rw echo x > /m/dir/file && rm /m/top && mkdir /m/made && chmod 777 /m/dir && touch /m/dir/new\nRUN --mount=type=bind,target=/m cat /m/dir/file',
      ),
    );
    t.is(readFileSync(join(world.context, 'dir', 'file'), 'utf8'), 'mine');
    t.deepEqual(readdirSync(world.context, { recursive: true, encoding: 'utf8' }).toSorted(), [
      'dir',
      'dir/file',
      'top',
    ]);
    t.regex(log(world), /mine/);
  },
);

for (const id of ['../../../../home', '/etc', '..', '.', 'a/../../b', '%2e%2e', 'x'.repeat(5000)]) {
  attackRun(
    'CVE-2024-9675',
    `a cache mount with the id ${id.slice(0, 40)} lies in the store`,
    HASHED,
    async (t, world) => {
      await world.build(
        onShell(world, `RUN --mount=type=cache,id=${id},target=/c echo x > /c/planted; : ${id.length}`),
      );
      const folder = join(world.store, 'local', 'v1', 'mounts');
      t.true(readdirSync(folder).every((name) => /^[0-9a-f]{64}$/.test(name)));
      t.is(readdirSync(folder).length, 1);
      t.false(existsSync(join(world.root, 'planted')));
    },
  );
}

attackRun(
  'CVE-2024-9675',
  'the source of a cache mount is found in its stage',
  ['src/rootfs/cache-directory.ts', 'openInside(calls, top, subpath)'],
  async (t, world) => {
    const seed = world.image('seed', {
      layers: [
        [
          { name: 'way', type: 'symlink', link: world.outside },
          { name: 'up', type: 'symlink', link: '../../../..' },
          { name: 'only-here', content: 'stage' },
        ],
      ],
    });
    const use = (source: string) => {
      const { dockerfileText, buildContexts } = onShell(
        world,
        `RUN --mount=type=cache,id=${source},from=seed,source=${source},target=/c ls /c; test ! -e /c/secret; : ${source}`,
      );
      return { dockerfileText, buildContexts: { ...buildContexts, seed } };
    };
    for (const source of ['../../..', 'up', '/']) {
      const outcome = await world.attempt(use(source));
      if ('error' in outcome) t.is(outcome.error.code, 'COPY_NOT_FOUND');
    }
    await world.refused(use('way'), ['COPY_NOT_FOUND']);
  },
);

attackRun(
  'CVE-2024-9675, CVE-2024-23651',
  'links left in a cache mount lead no later mount out',
  INSIDE,
  async (t, world) => {
    const cache = '--mount=type=cache,id=k,target=/c';
    await world.build(
      onShell(
        world,
        `RUN ${cache} ln -s ${world.outside} /c/way && ln -s ../../../../../../..${world.outside} /c/dots`,
      ),
    );
    for (const name of ['way', 'dots']) {
      for (const mount of [
        `--mount=type=tmpfs,target=/c/${name}/t`,
        `--mount=type=secret,id=s,target=/c/${name}/s`,
        `--mount=type=cache,id=other,target=/c/${name}/c`,
        `--mount=type=bind,target=/c/${name}/b`,
      ]) {
        const outcome = await world.attempt({
          ...onShell(world, `RUN ${cache} ${mount} cat /c/${name}/secret; touch /c/${name}/planted; true`),
          secrets: [{ id: 's', value: Buffer.from('shared-with-the-step') }],
        });
        if ('error' in outcome)
          t.true(/^(LAYER_UNSAFE|SANDBOX_FAILED|STEP_)/.test(outcome.error.code), outcome.error.message);
      }
    }
  },
);

attackRun(
  'CVE-2024-23652',
  'removing the stubs of mounts follows no link that a step put in their place',
  ['src/rootfs/remove-stubs.ts', 'O_NOFOLLOW'],
  async (_, world) => {
    for (const target of [world.outside, `../../../../../..${world.outside}`, `/proc/1/root${world.outside}`])
      await world.attempt(
        onShell(
          world,
          `RUN --mount=type=tmpfs,target=/stub/empty --mount=type=bind,target=/stub/folder rm -rf /stub 2>/dev/null; umount /stub/empty 2>/dev/null; mv /stub /moved; ln -s ${target} /stub; true`,
        ),
      );
  },
);

for (const option of [
  'bind-propagation=shared',
  'relabel=shared',
  'z',
  'U',
  'chown',
  'idmap',
  'tmpcopyup',
  'options=suid',
  'source=/,z=1',
  'consistency=cached',
  'propagation=rshared',
  'ro=false,rw=false,exec',
]) {
  attack(
    'CVE-2024-9407',
    `RUN --mount with ${option} is refused`,
    ['src/parser/mount.ts', 'unexpected key'],
    async (_, world) => {
      await world.refused(
        { dockerfileText: `FROM scratch\nRUN --mount=type=bind,target=/m,${option} true\n` },
        ['DOCKERFILE_SYNTAX', 'DOCKERFILE_UNKNOWN_FLAG'],
      );
    },
  );
}

for (const flag of [
  '--network=none,host',
  '--security=insecure',
  '--privileged',
  '--device=x,required',
  '--cap-add=ALL',
  '--mount=type=host,source=/',
]) {
  attack(
    'CVE-2024-23653',
    `RUN ${flag} is refused unless it was allowed`,
    ['src/plan/layer-instructions.ts', 'NOT_ALLOWED'],
    async (_, world) => {
      await world.refused(onShell(world, `RUN ${flag} true`), [
        'DOCKERFILE_SYNTAX',
        'DOCKERFILE_UNKNOWN_FLAG',
        'NOT_ALLOWED',
        'DOCKERFILE_UNSUPPORTED',
      ]);
    },
  );
}
