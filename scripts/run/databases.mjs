// A PostgreSQL and a Redis out of Debian's packages, built and run by tsbuild: detached, with volumes, a port and health checks. An
// application reaches them by name on a user network. They outlive the command that started them, a stop and a start, and their data
// outlives them. Needs a way to a Debian mirror, and the base debian:12-slim (TSBUILD_REGISTRY_MIRRORS).
//   node scripts/run/databases.mjs
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const HEALTHY_WITHIN_MS = 120_000;
const scratch = mkdtempSync(join(tmpdir(), 'tsbuild-databases-'));
const program = fileURLToPath(new URL('../../bin/tsbuild.js', import.meta.url));
const env = { ...process.env, TSBUILD_ROOT: join(scratch, 'store') };

const install = (packages) =>
  `RUN apt-get update && apt-get install --yes --no-install-recommends ${packages} && rm -rf /var/lib/apt/lists/*`;

const IMAGES = {
  postgres: `FROM debian:12-slim
${install('postgresql')}
ENV PATH=/usr/lib/postgresql/15/bin:$PATH PGDATA=/data
RUN install -d -o postgres -g postgres -m 700 /data
COPY --chmod=755 <<'END' /entry
#!/bin/sh
set -e
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb --auth=trust >/dev/null
  echo "host all all all trust" >>"$PGDATA/pg_hba.conf"
fi
exec postgres -c "listen_addresses=*" -c unix_socket_directories=/tmp
END
USER postgres
VOLUME /data
EXPOSE 5432
HEALTHCHECK --interval=1s --retries=60 CMD pg_isready -q -h 127.0.0.1
ENTRYPOINT ["/entry"]
`,
  redis: `FROM debian:12-slim
${install('redis-server')}
RUN install -d -o redis -g redis /data
USER redis
VOLUME /data
EXPOSE 6379
HEALTHCHECK --interval=1s --retries=60 CMD ["redis-cli", "ping"]
CMD ["redis-server", "--dir", "/data", "--appendonly", "yes", "--bind", "0.0.0.0", "--protected-mode", "no"]
`,
  app: `FROM debian:12-slim\n${install('postgresql-client redis-tools')}\n`,
};

const tsbuild = (...args) =>
  execFileSync(process.execPath, [program, ...args], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();

function said(what) {
  process.stdout.write(`ok  ${what}\n`);
}

function check(isGood, what) {
  if (!isGood) throw new Error(`not so: ${what}`);
  said(what);
}

async function healthy(...names) {
  for (const name of names) {
    const end = performance.now() + HEALTHY_WITHIN_MS;
    for (;;) {
      const status = tsbuild('inspect', '--format', '{{.State.Health.Status}}', name);
      if (status === 'healthy') break;
      if (performance.now() > end) throw new Error(`${name} is ${status}: ${tsbuild('logs', name)}`);
      await sleep(300);
    }
    said(`${name} is healthy`);
  }
}

const sql = (text) =>
  tsbuild('run', '--rm', '--network', 'backend', 'app', 'psql', '-h', 'db', '-U', 'postgres', '-Atc', text);
const redis = (...words) =>
  tsbuild('run', '--rm', '--network', 'backend', 'app', 'redis-cli', '-h', 'cache', ...words);

const NAMES = ['db', 'cache'];
function start() {
  tsbuild(
    'run',
    '-d',
    '--name',
    'db',
    '--network',
    'backend',
    '-v',
    'pg:/data',
    '-p',
    '127.0.0.1::5432',
    'postgres',
  );
  tsbuild('run', '-d', '--name', 'cache', '--network', 'backend', '-v', 'redis:/data', 'redis');
}

function isReached(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    // What asks a PostgreSQL whether it speaks TLS; it answers with one letter.
    socket.once('connect', () => socket.write(Buffer.from('0000000804d2162f', 'hex')));
    socket.once('data', (data) => (socket.destroy(), resolve(/^[SN]/.test(data.toString()))));
    socket.once('error', () => resolve(false));
  });
}

try {
  for (const [name, text] of Object.entries(IMAGES)) {
    mkdirSync(join(scratch, name));
    writeFileSync(join(scratch, name, 'Dockerfile'), text);
    tsbuild('build', '--progress', 'quiet', '-t', name, join(scratch, name));
    said(`built ${name}`);
  }
  tsbuild('network', 'create', 'backend');
  start();
  await healthy(...NAMES);
  sql('create table t (x text)');
  sql("insert into t values ('kept')");
  redis('set', 'k', 'kept');
  check(sql('select x from t') === 'kept', 'an application reaches PostgreSQL by name');
  check(redis('get', 'k') === 'kept', 'an application reaches Redis by name');
  const port = tsbuild('port', 'db', '5432').split(':').at(-1);
  check(await isReached(Number(port)), 'PostgreSQL answers on its port of this host');
  for (const name of NAMES) tsbuild('stop', name);
  check(tsbuild('ps', '--quiet') === '', 'both are stopped');
  for (const name of NAMES) tsbuild('start', name);
  await healthy(...NAMES);
  check(
    sql('select x from t') === 'kept' && redis('get', 'k') === 'kept',
    'their data is there after a stop and a start',
  );
  for (const name of NAMES) tsbuild('rm', '--force', name);
  start();
  await healthy(...NAMES);
  check(
    sql('select x from t') === 'kept' && redis('get', 'k') === 'kept',
    'their data is there in new containers',
  );
} finally {
  for (const name of NAMES) spawnSync(process.execPath, [program, 'rm', '--force', name], { env });
  spawnSync(process.execPath, [program, 'prune', '--everything', '--force'], { env });
  rmSync(scratch, { recursive: true, force: true });
}
