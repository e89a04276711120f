// Building on an image of a registry: what is fetched and when, who a command runs as, and that root and an ordinary
// user get the same.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { assertValidImage } from '../support/assert-valid-image.js';
import { findOrdinaryUser } from '../support/ordinary-user.js';
import { testNeeding } from '../support/requirements.js';
import { serveTinyImage } from '../support/tiny-registry.js';
import { assertBuilt, workspace } from '../support/workspace.js';

testNeeding('registry', 'busybox')('a base is kept as it is below the new layers', async (t) => {
  const { image, env } = await serveTinyImage(t);
  const space = workspace(t, { Dockerfile: 'FROM tiny:1\nCOPY a.txt /new\nENV A=b\n', 'a.txt': 'a' });
  const layout = join(space.root, 'image');
  assertBuilt(t, await space.build(['--output', `type=oci,dest=${layout},tar=false`], { env }));
  const { manifest, config, files } = await assertValidImage(t, layout);
  t.is(manifest.layers[0]?.digest, image.layer.digest);
  t.deepEqual(files.slice(1), [['new']]);
  t.deepEqual(config.config?.['Env'], ['PATH=/bin', 'A=b']);
});

testNeeding('registry', 'busybox')('a second build asks the registry for nothing', async (t) => {
  const { env, registry } = await serveTinyImage(t);
  const space = workspace(t, { Dockerfile: 'FROM tiny:1\nCOPY a.txt /new\n', 'a.txt': 'a' });
  const first = await space.build(['-q'], { env });
  assertBuilt(t, first);
  await registry.stop();
  const second = await space.build(['-q'], { env });
  assertBuilt(t, second);
  t.is(second.stdout.toString(), first.stdout.toString());
});

const RUNS = `FROM tiny:1
RUN id > /ids && echo "$HOME $PWD" >> /ids
USER app:extra
WORKDIR /home/app/work
RUN id > ids && echo "$HOME $PWD" >> ids && echo private > secret && chmod 600 secret
USER root
RUN chown -R 33:44 /home/app/work && chmod 4755 /bin/busybox && rm /etc/group && mkdir -p /deep/er && ln -s er /deep/link
`;

testNeeding(
  'registry',
  'busybox',
  'sandbox',
  'subuid',
)('users, owners and modes of a RUN, the same for root and an ordinary user', async (t) => {
  const { env } = await serveTinyImage(t);
  const ordinary = findOrdinaryUser();
  const listings = [];
  for (const user of [undefined, ordinary]) {
    const space = workspace(t, { Dockerfile: RUNS }, { user });
    const archive = join(space.root, 'store', 'files.tar');
    assertBuilt(t, await space.build(['--output', `type=tar,dest=${archive}`], { env }));
    const listing = execFileSync('tar', ['--numeric-owner', '-tvf', archive], { encoding: 'utf8' });
    listings.push(listing.replaceAll(/ \d{4}-\d\d-\d\d \d\d:\d\d /g, ' '));
    t.is(
      execFileSync('tar', ['-xOf', archive, 'ids'], { encoding: 'utf8' }),
      'uid=0(root) gid=0(root) groups=0(root)\n/root /\n',
    );
    t.regex(
      execFileSync('tar', ['-xOf', archive, 'home/app/work/ids'], { encoding: 'utf8' }),
      /^uid=1000\(app\) gid=1001\(extra\)[^\n]*\n\/home\/app \/home\/app\/work\n$/,
    );
  }
  t.regex(listings[0]!, /-rw------- 33\/44 +8 .*home\/app\/work\/secret/);
  t.regex(listings[0]!, /-rwsr-xr-x 0\/0 .*bin\/busybox/);
  t.is(listings[1], listings[0]);
});

testNeeding(
  'registry',
  'busybox',
  'sandbox',
)('a RUN leaves only what it changed', async (t) => {
  const { env } = await serveTinyImage(t);
  const space = workspace(t, { Dockerfile: 'FROM tiny:1\nRUN touch /only\nRUN true\n' });
  const layout = join(space.root, 'image');
  assertBuilt(t, await space.build(['--output', `type=oci,dest=${layout},tar=false`], { env }));
  const { files } = await assertValidImage(t, layout);
  t.deepEqual(files.slice(1), [['only'], []]);
});

testNeeding(
  'registry',
  'busybox',
  'sandbox',
)('a RUN that fails shows its output, its line and its exit code', async (t) => {
  const { env } = await serveTinyImage(t);
  const space = workspace(t, { Dockerfile: 'FROM tiny:1\n\nRUN echo some output; exit 3\n' });
  const run = await space.build([], { env });
  t.is(run.code, 1, run.stderr);
  t.true(
    run.stderr.includes(
      'process "/bin/sh -c echo some output; exit 3" did not complete successfully: exit code: 3',
    ),
    run.stderr,
  );
  t.true(run.stderr.includes('Dockerfile:3'), run.stderr);
  t.regex(run.stderr, /some output/);
});

testNeeding(
  'registry',
  'busybox',
  'sandbox',
)('a cache mount stays and a secret does not', async (t) => {
  const { env } = await serveTinyImage(t);
  const dockerfile = `FROM tiny:1
ARG ROUND
RUN --mount=type=cache,target=/kept --mount=type=secret,id=token \\
  cat /run/secrets/token && echo $ROUND >> /kept/rounds && cat /kept/rounds > /rounds
`;
  const space = workspace(t, { Dockerfile: dockerfile });
  const secret = join(space.root, 'token');
  space.write('../token', 'hidden-value');
  const files = join(space.root, 'files');
  for (const round of ['1', '2']) {
    const args = [
      '--build-arg',
      `ROUND=${round}`,
      '--secret',
      `id=token,src=${secret}`,
      '--output',
      `type=local,dest=${files}`,
    ];
    assertBuilt(t, await space.build(args, { env }));
  }
  t.is(readFileSync(join(files, 'rounds'), 'utf8'), '1\n2\n');
  t.false(readdirSync(files).includes('kept') && readdirSync(join(files, 'kept')).length > 0);
  t.throws(
    () =>
      execFileSync('grep', [
        '-rlF',
        'hidden-value',
        join(space.store, 'v1', 'oci'),
        join(space.store, 'v1', 'cache'),
      ]),
    {
      message: /Command failed/,
    },
  );
});
