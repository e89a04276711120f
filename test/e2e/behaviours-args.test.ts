// Which value a variable has where.
// Behaviours 20 to 26 of the forty in these files (behaviours-*.test.ts), which builders often get wrong.
import { bench } from '../support/behaviour.js';
import { testNeeding } from '../support/requirements.js';

const testOnBase = testNeeding('sandbox', 'busybox');

testOnBase('behaviour 20: a global ARG is seen by a stage from its ARG on', async (t) => {
  const { build } = bench(t);
  const dockerfile = 'ARG V=1\nFROM busybox:$V\nRUN echo "[$V]"\nARG V\nRUN echo "[$V]"\n';
  t.is((await build(dockerfile)).log, '[]\n[1]\n');
  t.regex((await build(dockerfile, { buildArgs: { V: '2' } })).log, /\[2\]\n$/);
});

testOnBase(
  'behaviour 21: the default of the stage beats the global one, --build-arg beats both',
  async (t) => {
    const { build } = bench(t);
    const dockerfile = 'ARG V=1\nFROM busybox\nARG V=2\nRUN echo $V\n';
    t.is((await build(dockerfile)).log, '2\n');
    t.is((await build(dockerfile, { buildArgs: { V: '3' } })).log, '3\n');
  },
);

testOnBase('behaviour 22: all pairs of one ENV see the values from before it', async (t) => {
  const { build } = bench(t);
  const { log, config } = await build('FROM busybox\nENV a=1\nENV a=2 b=$a\nRUN echo $b\n');
  t.is(log, '1\n');
  t.deepEqual(config['Env'], ['PATH=/bin', 'a=2', 'b=1']);
});

testOnBase('behaviour 23: of ENV and ARG the later one counts; the config has the ENV', async (t) => {
  const { build } = bench(t);
  const later = await build('FROM busybox\nENV X=1\nARG X=2\nRUN echo $X\n');
  t.is(later.log, '2\n');
  t.deepEqual(later.config['Env'], ['PATH=/bin', 'X=1']);
  const earlier = await build('FROM busybox\nARG X=2\nENV X=1\nRUN echo $X\n');
  t.is(earlier.log, '1\n');
  t.deepEqual(earlier.config['Env'], ['PATH=/bin', 'X=1']);
});

testOnBase('behaviour 24: ENV without = at its first word is one variable with inner spaces', async (t) => {
  const { build } = bench(t);
  const { log, config } = await build('FROM busybox\nENV A b c=d  e\nRUN echo "$A"\n');
  t.is(log, 'b c=d  e\n');
  t.deepEqual(config['Env'], ['PATH=/bin', 'A=b c=d  e']);
});

testOnBase(
  'behaviour 25: a proxy is in every RUN, yet in neither key nor history unless declared',
  async (t) => {
    const { build } = bench(t);
    const url = (host: string) => ({ buildArgs: { HTTP_PROXY: `http://${host}.invalid` } });
    const plain = 'FROM busybox\nRUN env\n';
    const first = await build(plain, url('one'));
    t.regex(first.log, /^HTTP_PROXY=http:\/\/one\.invalid$/m);
    t.regex(first.log, /^http_proxy=http:\/\/one\.invalid$/m);
    t.notRegex(JSON.stringify(first.document), /one\.invalid/);
    t.is((await build(plain, url('two'))).result.executed, 0);
    const declared = 'FROM busybox\nARG HTTP_PROXY\nRUN env\n';
    const third = await build(declared, url('one'));
    t.is(
      third.document.history.at(-1)?.created_by,
      'RUN |1 HTTP_PROXY=http://one.invalid /bin/sh -c env # buildkit',
    );
    t.regex((await build(declared, url('two'))).log, /^http_proxy=http:\/\/two\.invalid$/m);
  },
);

testOnBase('behaviour 26: --platform names what the image is for, not where RUN runs', async (t) => {
  const { build } = bench(t);
  const dockerfile = `FROM --platform=$BUILDPLATFORM busybox AS b
RUN echo "[$TARGETARCH]"
ARG TARGETARCH
RUN echo $TARGETARCH
FROM scratch
COPY --from=b /bin/busybox /
`;
  const { log, document, files } = await build(dockerfile, {
    platform: { os: 'linux', architecture: 'arm64' },
  });
  t.is(log, '[]\narm64\n');
  t.is(`${document.os}/${document.architecture}`, 'linux/arm64');
  t.deepEqual([...files.keys()], ['busybox']);
});
