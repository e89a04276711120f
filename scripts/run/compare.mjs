// Runs the same commands on docker, podman and tsbuild and compares what they print and how they end. Needs root, dockerd and podman.
//   node scripts/run/compare.mjs [--only TEXT]
// Prints a line for each command on which tsbuild differs from docker, with what podman does; then how many agree.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDocker } from '../ci/docker-daemon.mjs';
import { COMMANDS } from './compare-commands.mjs';

const BUSYBOX = '/bin/busybox';
const LIMIT_MS = 60_000;
const scratch = mkdtempSync(join(tmpdir(), 'tsbuild-compare-'));
/** Podman asks for more open files than a container of CI may have. */
const LIMITS = '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n';
const limits = join(scratch, 'containers.conf');
writeFileSync(limits, LIMITS);
process.env.CONTAINERS_CONF = limits;
const tsbuild = fileURLToPath(new URL('../../bin/tsbuild.js', import.meta.url));

const BASE = `FROM scratch
COPY --chmod=755 busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN mkdir -p /etc /tmp /root /w && printf 'root:x:0:0:root:/root:/bin/sh\\ndaemon:x:1:1:d:/usr/sbin:/bin/false\\n' >/etc/passwd \\
 && printf 'root:x:0:\\ndaemon:x:1:\\nextra:x:77:daemon\\n' >/etc/group && echo hello >/etc/motd
ENV A=1 B=2
WORKDIR /w
LABEL from=image
CMD ["echo", "the command"]
`;
const IMAGES = {
  cmp: BASE,
  'cmp-entry': `${BASE}ENTRYPOINT ["/bin/echo", "entry"]\nCMD ["its", "command"]\n`,
  'cmp-shell': `${BASE}CMD echo from the shell $A\n`,
  'cmp-user': `${BASE}USER daemon\n`,
  'cmp-volume': `${BASE}RUN mkdir data && echo of the image >data/f\nVOLUME /w/data\n`,
};

function makeImages() {
  const env = { ...process.env, TSBUILD_ROOT: join(scratch, 'store') };
  for (const [name, text] of Object.entries(IMAGES)) {
    const context = join(scratch, name);
    mkdirSync(context);
    writeFileSync(join(context, 'Dockerfile'), text);
    execFileSync('cp', [BUSYBOX, join(context, 'busybox')]);
    execFileSync(process.execPath, [tsbuild, '--progress', 'quiet', '-t', name, context], { env });
  }
  const archive = join(scratch, 'images.tar');
  execFileSync(process.execPath, [tsbuild, 'save', '-o', archive, ...Object.keys(IMAGES)], { env });
  return archive;
}

const podman = `podman --root ${join(scratch, 'podman')} --runroot ${join(scratch, 'pr')} --storage-driver vfs --runtime runc --cgroup-manager cgroupfs --events-backend file`;
const ENGINES = {
  docker: 'docker',
  podman,
  tsbuild,
};

function load(archive) {
  execFileSync('docker', ['load', '-i', archive], { stdio: 'ignore' });
  const [program, ...args] = podman.split(' ');
  execFileSync(program, [...args, 'load', '-i', archive], { stdio: 'ignore' });
  for (const name of Object.keys(IMAGES))
    spawnSync(program, [...args, 'tag', `docker.io/library/${name}:latest`, `localhost/${name}:latest`]);
}

function runOn(engine, command) {
  const cwd = mkdtempSync(join(scratch, `${engine}-`));
  const env = { ...process.env, E: ENGINES[engine], TSBUILD_ROOT: join(scratch, 'store') };
  const { stdout, stderr, status } = spawnSync('bash', ['-c', command], {
    cwd,
    env,
    encoding: 'utf8',
    timeout: LIMIT_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { stdout: stdout.replaceAll(cwd, '.'), status, stderr };
}

const only = process.argv[process.argv.indexOf('--only') + 1];
const commands = process.argv.includes('--only') ? COMMANDS.filter((text) => text.includes(only)) : COMMANDS;
const stop = await startDocker(scratch, { name: 'root' });
let same = 0;
let asPodman = 0;
try {
  load(makeImages());
  for (const command of commands) {
    const [docker, other, own] = Object.keys(ENGINES).map((engine) => runOn(engine, command));
    const isEqual = (a, b) => a.stdout === b.stdout && a.status === b.status;
    if (isEqual(own, docker)) {
      same++;
      continue;
    }
    if (isEqual(own, other)) asPodman++;
    const shown = ({ stdout, stderr, status }) =>
      JSON.stringify({ status, stdout, stderr: stderr.slice(0, 300) });
    process.stdout.write(
      `${command}\n  docker  ${shown(docker)}\n  podman  ${shown(other)}\n  tsbuild ${shown(own)}\n`,
    );
  }
} finally {
  await stop();
  spawnSync(process.execPath, [tsbuild, 'prune', '--everything', '--force'], {
    env: { ...process.env, TSBUILD_ROOT: join(scratch, 'store') },
  });
  rmSync(scratch, { recursive: true, force: true });
}
process.stdout.write(`${commands.length} commands: ${same} as docker, ${asPodman} more as podman\n`);
