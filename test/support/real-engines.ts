// A docker daemon and a podman service of a test's own: storage that is copied, no network, a socket in its folder.
import type { ExecutionContext } from 'ava';
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RealEngine {
  readonly socket: string;
  /** Runs the engine's command; standard output. */
  run(args: readonly string[], input?: Uint8Array): string;
}

/** Short, since the path of a socket has at most 107 bytes. */
function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 'eng-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
  return path;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => void child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

async function untilAnswers(isUp: () => boolean, child: ChildProcess): Promise<void> {
  for (let i = 0; i < 300 && child.exitCode === null; i++) {
    if (isUp()) return;
    await sleep(200);
  }
  throw new Error('the engine does not answer');
}

/** Of daemons that have one: containers get addresses, and ports are published without iptables. */
const BRIDGE = ['--bip', '172.30.77.1/24'];

/** Needs root. Of several daemons at a time one may have a bridge. */
export async function startDocker(
  t: ExecutionContext,
  { hasBridge = false }: { readonly hasBridge?: boolean } = {},
): Promise<RealEngine> {
  const home = folder(t);
  const socket = join(home, 'd.sock');
  const env = { ...process.env, DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: home };
  const directories = ['--data-root', join(home, 'data'), '--exec-root', join(home, 'exec')];
  const network = ['--iptables=false', '--ip6tables=false', ...(hasBridge ? BRIDGE : ['--bridge=none'])];
  const args = ['--host', `unix://${socket}`, '--pidfile', join(home, 'pid'), ...directories, ...network];
  const daemon = spawn('dockerd', [...args, '--storage-driver=vfs'], { stdio: 'ignore' });
  t.teardown(async () => {
    await stop(daemon);
    spawnSync('umount', [join(home, 'exec', 'netns', 'default')], { stdio: 'ignore' });
    if (hasBridge) spawnSync('ip', ['link', 'delete', 'docker0'], { stdio: 'ignore' });
  });
  await untilAnswers(() => spawnSync('docker', ['version'], { env, stdio: 'ignore' }).status === 0, daemon);
  return {
    socket,
    run: (given, input) => execFileSync('docker', given, { env, input, encoding: 'utf8', stdio: 'pipe' }),
  };
}

/** Runs `ctr` against a containerd without plugins for Kubernetes. Needs root. */
export async function startContainerd(t: ExecutionContext): Promise<RealEngine> {
  const home = folder(t);
  const socket = join(home, 'c.sock');
  const config = join(home, 'config.toml');
  writeFileSync(
    config,
    [
      'version = 2',
      `root = "${join(home, 'root')}"`,
      `state = "${join(home, 'state')}"`,
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
      `[grpc]\naddress = "${socket}"`,
    ].join('\n'),
  );
  const daemon = spawn('containerd', ['-c', config], { stdio: 'ignore' });
  t.teardown(() => stop(daemon));
  const isUp = () => spawnSync('ctr', ['-a', socket, 'version'], { stdio: 'ignore' }).status === 0;
  await untilAnswers(isUp, daemon);
  return {
    socket,
    run: (given) => execFileSync('ctr', ['-a', socket, ...given], { encoding: 'utf8', stdio: 'pipe' }),
  };
}

/** Arguments that keep podman in a folder. */
export function podmanIn(home: string): readonly string[] {
  return ['--storage-driver=vfs', '--root', join(home, 'root'), '--runroot', join(home, 'run')];
}

/** `podman` without a service, in a folder of its own. Needs root. */
export function podmanOf(t: ExecutionContext): Pick<RealEngine, 'run'> {
  const home = folder(t);
  return { run: (given, input) => runPodman(home, given, input) };
}

/** Needs root. */
export async function startPodman(t: ExecutionContext): Promise<RealEngine> {
  const home = folder(t);
  const socket = join(home, 'p.sock');
  const args = [...podmanIn(home), 'system', 'service', '--time=0', `unix://${socket}`];
  const service = spawn('podman', args, { stdio: 'ignore' });
  t.teardown(() => stop(service));
  await untilAnswers(() => existsSync(socket), service);
  return { socket, run: (given, input) => runPodman(home, given, input) };
}

function runPodman(home: string, given: readonly string[], input?: Uint8Array): string {
  return execFileSync('podman', [...podmanIn(home), ...given], { input, encoding: 'utf8', stdio: 'pipe' });
}
