// How fast one connection through a published port is, out of a container and into it: tsbuild against podman without
// root. Runs as root, and both engines as an ordinary user, who gets a /dev/net/tun of its own.
//   node scripts/run/port-throughput.mjs [MIB]
import { spawnSync } from 'node:child_process';
import { chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ensureOrdinaryUser } from '../ci/ordinary-user.mjs';

const MIB = 1 << 20;
const BYTES = Number(process.argv[2] ?? 512) * MIB;
const ROUNDS = 3;
const READY_WITHIN_MS = 10_000;
const user = ensureOrdinaryUser();
// Short: the path of a socket of slirp4netns begins with it.
const scratch = mkdtempSync(join(tmpdir(), 'tp-'));
const program = fileURLToPath(new URL('../../bin/tsbuild.js', import.meta.url));

const SOURCE = 5000;
const SINK = 5001;
const DOCKERFILE = `FROM scratch
COPY --chmod=755 busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
COPY --chmod=755 <<'END' /serve
#!/bin/sh
nc -ll -p ${SINK} -e dd of=/dev/null bs=1M &
exec nc -ll -p ${SOURCE} -e dd if=/dev/zero bs=1M count=${BYTES / MIB}
END
CMD ["/serve"]
`;

const podman =
  `podman --root ${scratch}/root --runroot ${scratch}/runroot --storage-driver vfs --runtime runc ` +
  '--cgroup-manager cgroupfs --events-backend file';
const ENGINES = [
  { name: 'tsbuild', command: program, flags: '' },
  { name: 'podman', command: podman, flags: '' },
  {
    name: 'podman, with the address of the client',
    command: podman,
    flags: '--network slirp4netns:port_handler=slirp4netns',
  },
];
/** Podman asks for more open files than a container of CI may have. */
const LIMITS = '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n';

const TUN =
  'mount --make-rprivate / && mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200 && cd "$0" && ' +
  `exec setpriv --reuid ${user.uid} --regid ${user.gid} --init-groups "$@"`;

function asUser(text) {
  const env = {
    PATH: process.env.PATH,
    HOME: scratch,
    XDG_RUNTIME_DIR: join(scratch, 'run'),
    CONTAINERS_CONF: join(scratch, 'limits'),
    TSBUILD_ROOT: join(scratch, 'store'),
  };
  const args = ['--mount', 'sh', '-c', TUN, scratch, 'sh', '-c', text];
  const done = spawnSync('unshare', args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (done.status !== 0) throw new Error(`${text}: ${done.stderr}`);
  return done.stdout.trim();
}

function makeImage() {
  for (const name of ['run', 'context']) mkdirSync(join(scratch, name));
  writeFileSync(join(scratch, 'limits'), LIMITS);
  writeFileSync(join(scratch, 'context/Dockerfile'), DOCKERFILE);
  copyFileSync('/bin/busybox', join(scratch, 'context/busybox'));
  for (const name of ['.', 'run']) chownSync(join(scratch, name), user.uid, user.gid);
  asUser(
    `${program} --progress quiet -t localhost/ports context && ${program} save -o ports.tar localhost/ports`,
  );
  asUser(`${podman} load -i ports.tar`);
}

/** @returns MB/s @param move sends what is to be sent; the other side closes at the end */
function measure(port, move) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let begin = 0;
    socket.once('connect', () => {
      begin = performance.now();
      void move(socket);
    });
    let received = 0;
    socket.on('data', (data) => (received += data.length));
    socket.on('error', reject);
    socket.on('close', () => {
      const seconds = (performance.now() - begin) / 1000;
      resolve({ received, rate: BYTES / 1e6 / seconds });
    });
  });
}

async function out(port) {
  const { received, rate } = await measure(port, () => undefined);
  if (received !== BYTES) throw new Error(`${received} bytes came out instead of ${BYTES}`);
  return rate;
}

async function into(port) {
  const block = Buffer.alloc(MIB);
  const { rate } = await measure(port, async (socket) => {
    for (let sent = 0; sent < BYTES; sent += MIB)
      if (!socket.write(block)) await new Promise((resolve) => socket.once('drain', resolve));
    socket.end();
  });
  return rate;
}

async function untilReady(port) {
  const end = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const isThere = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('data', () => (socket.destroy(), resolve(true)));
      socket.once('error', () => resolve(false));
      socket.once('end', () => resolve(false));
    });
    if (isThere) return;
    if (performance.now() > end) throw new Error(`nothing answers on port ${port}`);
    await sleep(100);
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

async function ratesOf({ command, flags }) {
  asUser(
    `${command} run -d --name ports ${flags} -p 127.0.0.1::${SOURCE} -p 127.0.0.1::${SINK} localhost/ports`,
  );
  try {
    const portOf = (inner) => Number(asUser(`${command} port ports ${inner}`).split(':').at(-1));
    const [source, sink] = [portOf(SOURCE), portOf(SINK)];
    await untilReady(source);
    const rates = { out: [], into: [] };
    for (let round = 0; round < ROUNDS; round++) {
      rates.out.push(await out(source));
      rates.into.push(await into(sink));
    }
    return { out: median(rates.out), into: median(rates.into) };
  } finally {
    asUser(`${command} rm -f ports`);
  }
}

try {
  makeImage();
  const results = [];
  for (const engine of ENGINES) results.push({ name: engine.name, ...(await ratesOf(engine)) });
  const [own] = results;
  const ratio = (rate, base) => `${Math.round(rate)} MB/s (tsbuild: ${(base / rate).toFixed(1)} times)`;
  for (const { name, out, into } of results)
    process.stdout.write(`${name}: out ${ratio(out, own.out)}, in ${ratio(into, own.into)}\n`);
} finally {
  try {
    asUser(
      `${program} prune --everything --force; ${podman} system migrate; ${podman} unshare rm -rf root store`,
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
