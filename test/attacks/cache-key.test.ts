// Cache poisoning: after any change of any instruction a warm store gives what an empty store gives. CVE-2024-24557,
// and the ways in which other tools got their keys wrong: unframed joins, platform, ARG and names missing.
import { join } from 'node:path';
import { attack, attackNeeding, type AttackWorld, type Defence } from '../support/attack.js';
import { shellLayer } from '../support/evil-image.js';
import { evilTar } from '../support/evil-tars.js';

const KEY: Defence = ['src/cache/step-key.ts', '.update(canonicalJson({ version: KEY_VERSION, ...inputs }))'];
const COPY_KEY: Defence = ['src/cache/step-key.ts', 'dest: step.dest,'];
const RUN_KEY: Defence = ['src/cache/step-key.ts', 'argv: step.argv,'];

const FILES = { a: 'one', b: 'two', 'd/x': 'x', 'd/y': 'y', ab: 'three' };

/** Digest of an image whose times are all the same, so that it depends on nothing but its content. */
async function digestOf(
  world: AttackWorld,
  request: Parameters<AttackWorld['build']>[0],
  env: Record<string, string> = {},
): Promise<string> {
  const dest = join(world.root, `image-${world.events.length}`);
  const { digest = '' } = await world.build(
    {
      ...request,
      buildArgs: { SOURCE_DATE_EPOCH: '1' },
      outputs: [{ type: 'oci', tar: false, dest, rewriteTimestamp: true }],
    },
    { env },
  );
  return digest;
}

const emptyStore = (world: AttackWorld): Record<string, string> => ({
  TSBUILD_ROOT: join(world.root, 'empty-store'),
});

/**
 * Builds `first`, then `second` with the cache of the first, then `second` in an empty store: the last two must agree.
 */
async function compare(
  world: AttackWorld,
  first: string,
  second: string,
): Promise<{ readonly first: string; readonly warm: string; readonly cold: string }> {
  return {
    first: await digestOf(world, { dockerfileText: first }),
    warm: await digestOf(world, { dockerfileText: second }),
    cold: await digestOf(world, { dockerfileText: second }, emptyStore(world)),
  };
}

/** One instruction before and after. The image differs, unless said otherwise. */
const PURE: readonly (readonly [string, string])[] = [
  ['COPY a /', 'COPY b /'],
  ['COPY a /', 'COPY a /x'],
  ['COPY a b /', 'COPY ab /'],
  ['COPY a /b', 'COPY b /a'],
  ['COPY --chown=1:2 a /', 'COPY --chown=12 a /'],
  ['COPY --chmod=600 a /', 'COPY --chmod=644 a /'],
  ['COPY --chmod=600 a /', 'COPY a /'],
  ['COPY d /d', 'COPY --exclude=x d /d'],
  ['COPY d/x /', 'COPY --parents d/x /'],
  ['COPY d/x d/y /', 'COPY d/y /'],
  ['COPY <<e /f\nA\ne', 'COPY <<e /f\nB\ne'],
  ['COPY <<"e" /f\n$A\ne', 'COPY <<e /f\n$A\ne'],
  ['COPY <<e /f\nA\ne', 'COPY <<e /g\nA\ne'],
  ['ADD a /', 'ADD b /'],
  ['ADD --unpack=false t.tar /', 'ADD --unpack=true t.tar /'],
  ['WORKDIR /a', 'WORKDIR /b'],
  ['USER 1:2\nWORKDIR /a', 'USER 3:4\nWORKDIR /a'],
  ['WORKDIR /a\nCOPY a .', 'WORKDIR /b\nCOPY a .'],
  ['ENV A=1', 'ENV A=2'],
  ['ENV A=1 B=2', 'ENV A="1 B=2"'],
  ['ENV A=a\nCOPY $A /', 'ENV A=b\nCOPY $A /'],
  ['ARG A=a\nCOPY $A /', 'ARG A=b\nCOPY $A /'],
  ['LABEL a=b', 'LABEL a=c'],
  ['EXPOSE 1', 'EXPOSE 2'],
  ['VOLUME /a', 'VOLUME /b'],
  ['USER a', 'USER b'],
  ['CMD ["a", "b"]', 'CMD ["a b"]'],
  ['ENTRYPOINT ["a"]', 'ENTRYPOINT a'],
  ['HEALTHCHECK CMD a', 'HEALTHCHECK --interval=5s CMD a'],
  ['HEALTHCHECK CMD a', 'HEALTHCHECK NONE'],
  ['ONBUILD RUN a', 'ONBUILD RUN b'],
  ['SHELL ["a"]\nCMD b', 'SHELL ["c"]\nCMD b'],
  ['STOPSIGNAL 1', 'STOPSIGNAL 2'],
  ['MAINTAINER a', 'MAINTAINER b'],
];

for (const [before, after] of PURE) {
  attack(
    'CVE-2024-24557',
    `${JSON.stringify(before)} is never taken for ${JSON.stringify(after)}`,
    before.includes('COPY') ? COPY_KEY : KEY,
    async (t, world) => {
      world.write({ ...FILES, 't.tar': evilTar([{ name: 't', content: 'x' }]) });
      const head = '# syntax=docker/dockerfile:1-labs\nFROM scratch\n';
      const { first, warm, cold } = await compare(world, `${head}${before}\n`, `${head}${after}\n`);
      t.not(warm, first);
      t.is(warm, cold);
    },
  );
}

const RUNS: readonly (readonly [string, string])[] = [
  ['RUN echo 1 > /f', 'RUN echo 2 > /f'],
  ['ENV A=1\nRUN echo $A > /f', 'ENV A=2\nRUN echo $A > /f'],
  ['ARG A=1\nRUN echo $A > /f', 'ARG A=2\nRUN echo $A > /f'],
  ['RUN id > /f', 'USER 5:6\nRUN id > /tmp/f'],
  ['WORKDIR /tmp\nRUN pwd > /tmp/f', 'WORKDIR /root\nRUN pwd > /tmp/f'],
  ['RUN ["touch", "/a b"]', 'RUN ["touch", "/a", "b"]'],
  ['SHELL ["/bin/sh", "-c"]\nRUN echo $- > /f', 'SHELL ["/bin/sh", "-ec"]\nRUN echo $- > /f'],
  [
    'RUN --mount=type=bind,source=a,target=/m cat /m > /f',
    'RUN --mount=type=bind,source=b,target=/m cat /m > /f',
  ],
  [
    'RUN --mount=type=bind,source=d,target=/m ls /m > /f',
    'RUN --mount=type=bind,source=.,target=/m ls /m > /f',
  ],
  ['RUN <<e\necho 1 > /f\ne', 'RUN <<e\necho 2 > /f\ne'],
  ['RUN --network=none ls /sys/class/net > /f', 'RUN --network=default ls /sys/class/net > /f; echo >> /f'],
];

for (const [before, after] of RUNS) {
  attackNeeding('sandbox', 'busybox')(
    'CVE-2024-24557',
    `${JSON.stringify(before)} is never taken for ${JSON.stringify(after)}`,
    RUN_KEY,
    async (t, world) => {
      world.write(FILES);
      const buildContexts = { shell: world.image('shell', { layers: [shellLayer()] }) };
      // Files of a step have the time it ran at: only what was executed is compared.
      const run = (instruction: string) =>
        world.build({ dockerfileText: `FROM shell\n${instruction}\n`, buildContexts });
      t.is((await run(before)).executed > 0, true);
      t.true((await run(after)).executed > 0, 'the second step was taken from the cache');
      t.is((await run(after)).executed, 0);
    },
  );
}

for (const [title, change] of [
  ['a byte', { a: 'onE' }],
  ['a name', { 'd/z': 'y' }],
  ['what goes from one file to its neighbour', { 'd/x': 'xy', 'd/y': '' }],
] as const) {
  attack(
    'kaniko key bugs',
    `a context that changes by ${title} is seen`,
    ['src/layer/copy/selection-digest.ts', 'sha256'],
    async (t, world) => {
      world.write(FILES);
      const text = 'FROM scratch\nCOPY . /\n';
      const first = await digestOf(world, { dockerfileText: text });
      world.write(change);
      const warm = await digestOf(world, { dockerfileText: text });
      t.not(warm, first);
      t.is(warm, await digestOf(world, { dockerfileText: text }, emptyStore(world)));
    },
  );
}

attack(
  'kaniko key bugs',
  'a step of one platform is not taken for another',
  ['src/cache/step-key.ts', 'platform: formatPlatform(parent.platform),\n    parent:'],
  async (t, world) => {
    world.write(FILES);
    const on = (architecture: string) =>
      world.build(
        { dockerfileText: 'FROM scratch\nCOPY a /\nWORKDIR /w\n', platform: { os: 'linux', architecture } },
        {},
      );
    const [first, other] = [await on('amd64'), await on('arm64')];
    t.not(first.digest, other.digest);
    t.is(other.cached, 0);
  },
);

attack(
  'CVE-2024-24557',
  'an image that says it was made by these instructions is not taken for them',
  ['src/cache/step-key.ts', "parent: createHash('sha256').update(parent.layers.join('\\n')).digest('hex'),"],
  async (t, world) => {
    world.write(FILES);
    const text = 'FROM scratch\nCOPY a /a\nWORKDIR /w\n';
    const foreign = world.image('foreign', {
      layers: [[{ name: 'a', content: 'poison' }], [{ name: 'w', type: 'dir' }]],
      config: {
        history: [{ created_by: 'COPY a /a # buildkit' }, { created_by: 'WORKDIR /w' }],
        config: { WorkingDir: '/w' },
      },
    });
    await world.build(
      {
        dockerfileText: 'FROM foreign\nCOPY a /a\nWORKDIR /w\n',
        buildContexts: { foreign },
        tags: ['app:1'],
      },
      {},
    );
    const warm = await digestOf(world, { dockerfileText: text, tags: ['app:1'] });
    t.is(warm, await digestOf(world, { dockerfileText: text }, emptyStore(world)));
  },
);
