// What instructions leave in config, history and layers.
// Behaviours 27, 32 to 34, 39 and 40 of the forty in behaviours-*.test.ts, which builders often get wrong.
import { bench, shown } from '../support/behaviour.js';
import { testNeeding } from '../support/requirements.js';

const testOnBase = testNeeding('sandbox', 'busybox');

testNeeding('busybox')(
  'behaviour 27: ENTRYPOINT drops an inherited CMD, not one of its own stage',
  async (t) => {
    const { build } = bench(t, { Cmd: ['a'] });
    const inherited = await build('FROM base\nENTRYPOINT ["e"]\n');
    t.is(inherited.config['Cmd'] ?? null, null);
    t.deepEqual(inherited.config['Entrypoint'], ['e']);
    const own = await build('FROM base\nCMD ["c"]\nENTRYPOINT ["e"]\n');
    t.deepEqual(own.config['Cmd'], ['c']);
  },
);

testOnBase('behaviour 32: WORKDIR makes its directories for the user, a layer each', async (t) => {
  const { build } = bench(t);
  const { log, files, document } = await build(
    'FROM busybox\nRUN adduser -D u\nUSER u\nWORKDIR /w\nWORKDIR x\nRUN pwd; touch f; echo $HOME\n',
  );
  t.regex(log, /^\/w\/x\n\/home\/u\n$/m);
  const owner = files.get('home/u')?.owner;
  t.not(owner, '0:0');
  for (const path of ['w', 'w/x']) t.is(shown(files.get(path)), `Directory 755 ${owner}`);
  t.is(files.get('w/x/f')?.owner, owner);
  const workdirs = document.history.filter(({ created_by: by }) => by?.startsWith('WORKDIR'));
  t.deepEqual(
    workdirs.map(({ created_by: by, empty_layer: isEmpty }) => [by, isEmpty ?? false]),
    [
      ['WORKDIR /w', false],
      ['WORKDIR /w/x', false],
    ],
  );
});

testOnBase('behaviour 33: what is written below a VOLUME is in the image', async (t) => {
  const { build } = bench(t);
  // VOLUME makes no directory in BuildKit either, so the command has to.
  const { files, config } = await build('FROM busybox\nVOLUME /v\nRUN mkdir -p /v && echo 1 > /v/f\n');
  t.is(files.get('v/f')?.text, '1\n');
  t.deepEqual(config['Volumes'], { '/v': {} });
});

testOnBase(
  'behaviour 34: RUN and WORKDIR give a layer each, even an empty one; ENV gives none',
  async (t) => {
    const { build } = bench(t);
    const { document, layers, added } = await build('FROM busybox\nRUN true\nWORKDIR /tmp\nENV A=1\n');
    t.is(layers.length, 3);
    t.deepEqual(added, []);
    t.deepEqual(
      document.history.map(({ empty_layer: isEmpty }) => isEmpty ?? false),
      [false, false, false, true],
    );
    t.is(document.rootfs.diff_ids.length, 3);
  },
);

testOnBase('behaviour 39: ONBUILD of another stage runs right after FROM and is gone then', async (t) => {
  const { build } = bench(t);
  const { files, config, document } = await build(
    'FROM busybox AS p\nONBUILD RUN echo t > /t\nFROM p\nENV A=1\n',
  );
  t.is(files.get('t')?.text, 't\n');
  t.deepEqual(config['OnBuild'] ?? [], []);
  t.deepEqual(
    document.history.map(({ created_by: by }) => by),
    ['busybox', 'RUN /bin/sh -c echo t > /t # buildkit', 'ENV A=1'],
  );
});

testOnBase('behaviour 40: the history of a RUN names the arguments it saw', async (t) => {
  const { build } = bench(t);
  const { document } = await build('FROM busybox\nARG a=1\nARG b=2\nRUN echo hi\n');
  const row = document.history.at(-1);
  t.is(row?.created_by, 'RUN |2 a=1 b=2 /bin/sh -c echo hi # buildkit');
  t.is(row?.comment, 'buildkit.dockerfile.v0');
});
