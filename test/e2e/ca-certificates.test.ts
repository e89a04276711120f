// --ca-cert in a RUN: its commands find the authorities, and nothing of them stays.
import { readdirSync, readFileSync, lstatSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { projectRoot } from '../support/project-root.js';
import { testNeeding } from '../support/requirements.js';
import { assertBuilt, dockerfileWithShell, hostShell, workspace } from '../support/workspace.js';

const CA = resolve(projectRoot, 'test/support/tls/ca.crt');
const LINE = readFileSync(CA, 'utf8').split('\n')[1]!;

const STEPS = `ENV CURL_CA_BUNDLE=/own.pem
RUN while read -r line; do [ "$line" = "${LINE}" ] && echo "found $((40 + 2))"; done <"$SSL_CERT_FILE"; \\
  echo "node <$NODE_EXTRA_CA_CERTS, curl $CURL_CA_BUNDLE" && echo done >/result
`;

testNeeding('sandbox')('a RUN sees the authorities; image, store and cache do not', async (t) => {
  const space = workspace(t, { Dockerfile: dockerfileWithShell(STEPS) });
  const out = join(space.root, 'out');
  const files = join(space.root, 'files');
  const args = [...hostShell(), '-o', `type=oci,dest=${out},tar=false`, '-o', files, '-t', 'ca:1'];
  const run = await space.build([...args, '--ca-cert', CA]);
  assertBuilt(t, run);
  t.true(run.stderr.includes('found 42'), run.stderr);
  t.true(run.stderr.includes('node </dev/tsbuild/extra-ca.crt, curl /own.pem'), run.stderr);
  for (const root of [space.store, out, files])
    for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      const file = join(root, name);
      t.false(name.includes('dev/tsbuild'), name);
      if (lstatSync(file).isFile()) t.false(readFileSync(file).includes('SSL_CERT_FILE=/dev'), name);
    }
  const without = await space.build(args);
  assertBuilt(t, without);
  t.regex(without.stderr, /CACHED/);
  t.false(without.stderr.includes('found 42'));
});

testNeeding('sandbox')(
  'TSBUILD_CA_CERT is the same; a file that is not there fails the build that needs it',
  async (t) => {
    const space = workspace(t, { Dockerfile: dockerfileWithShell(STEPS) });
    const run = await space.build([...hostShell()], { env: { TSBUILD_CA_CERT: CA } });
    assertBuilt(t, run);
    t.true(run.stderr.includes('found 42'), run.stderr);
    const failed = await space.build([...hostShell(), '--no-cache', '--ca-cert', '/nowhere.pem']);
    t.is(failed.code, 2);
    t.true(failed.stderr.includes('the certificate file /nowhere.pem: no such file'), failed.stderr);
  },
);

for (const rung of ['userns-single', 'chroot'] as const)
  testNeeding('sandbox', 'root')(`isolation ${rung} shows them too`, async (t) => {
    const space = workspace(t, { Dockerfile: dockerfileWithShell(STEPS) });
    const run = await space.build([...hostShell(), '--isolation', rung, '--ca-cert', CA]);
    if (run.code === 5) return void t.pass(`${rung} does not work here`);
    assertBuilt(t, run);
    t.true(run.stderr.includes('found 42'), run.stderr);
  });
