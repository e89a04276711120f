// What a test needs of the machine beyond Node. A test whose need is missing is skipped with the reason in its name;
// TSBUILD_REQUIRE=sandbox,registry,... turns such a skip into a failure, so that CI cannot go quietly green.
import test, { type ExecutionContext } from 'ava';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { findOrdinaryUser } from './ordinary-user.js';

const isRoot = process.getuid?.() === 0;

function has(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).error === undefined;
}

function canOpen(device: string): boolean {
  try {
    closeSync(openSync(device, 'r+'));
    return true;
  } catch {
    // Absence is a value here.
    return false;
  }
}

/** Each need with the reason that is shown when it is missing. */
const NEEDS = {
  sandbox: {
    isMet: () => spawnSync('unshare', ['--user', 'true'], { stdio: 'ignore' }).status === 0,
    reason: 'unshare(1) cannot make a user namespace',
  },
  subuid: {
    isMet: () => has('newuidmap') && findOrdinaryUser() !== undefined,
    reason: 'no newuidmap, or no ordinary user with subordinate ids that can read the checkout',
  },
  tun: { isMet: () => canOpen('/dev/net/tun'), reason: '/dev/net/tun cannot be opened' },
  fuse: {
    isMet: () => has('fuse-overlayfs', '--version') && canOpen('/dev/fuse'),
    reason: 'fuse-overlayfs is not installed, or /dev/fuse cannot be opened',
  },
  openssl: { isMet: () => has('openssl', 'version'), reason: 'openssl is not installed' },
  crun: { isMet: () => has('crun', '--version'), reason: 'crun is not installed' },
  runc: { isMet: () => has('runc', '--version'), reason: 'runc is not installed' },
  assemblers: {
    isMet: () => has('as', '--version') && has('aarch64-linux-gnu-as', '--version'),
    reason: 'binutils for x86-64 and arm64 are not installed',
  },
  root: { isMet: () => isRoot, reason: 'not root' },
  registry: { isMet: () => has('docker-registry', '--version'), reason: 'docker-registry is not installed' },
  skopeo: { isMet: () => has('skopeo', '--version'), reason: 'skopeo is not installed' },
  podman: { isMet: () => has('podman', '--version'), reason: 'podman is not installed' },
  umoci: { isMet: () => has('umoci', '--version'), reason: 'umoci is not installed' },
  qemu: {
    isMet: () =>
      process.arch === 'x64' &&
      has('qemu-aarch64-static', '--version') &&
      spawnSync('unshare', ['-Urm', 'mount', '-t', 'binfmt_misc', 'none', '/mnt'], { stdio: 'ignore' })
        .status === 0,
    reason: 'not x64, qemu-user-static is not installed, or a user namespace has no binfmt_misc (Linux 6.7)',
  },
  chromium: { isMet: () => has('chromium', '--version'), reason: 'chromium is not installed' },
  man: { isMet: () => has('man', '--version'), reason: 'man-db is not installed' },
  tmux: { isMet: () => has('tmux', '-V'), reason: 'tmux is not installed' },
  busybox: { isMet: () => has('busybox', 'true'), reason: 'busybox is not installed' },
  zsh: { isMet: () => has('zsh', '--version'), reason: 'zsh is not installed' },
  fish: { isMet: () => has('fish', '--version'), reason: 'fish is not installed' },
  strace: { isMet: () => has('strace', '-V'), reason: 'strace is not installed' },
  ssh: {
    isMet: () => has('ssh-keygen', '-?') && has('ssh-add', '-?'),
    reason: 'ssh-keygen and ssh-add are not installed',
  },
  containerd: {
    isMet: () => isRoot && has('containerd', '--version') && has('ctr', '--version'),
    reason: 'not root, or containerd and ctr are not installed',
  },
  dockerd: {
    isMet: () => isRoot && has('dockerd', '--version') && has('docker', '--version'),
    reason: 'not root, or dockerd and docker are not installed',
  },
  docker: {
    isMet: () => spawnSync('docker', ['version'], { stdio: 'ignore', timeout: 10_000 }).status === 0,
    reason: 'no docker daemon answers',
  },
  bases: {
    isMet: () =>
      has('curl', '-V') &&
      spawnSync('curl', ['-fsS', `${basesRegistry()}/v2/`], { stdio: 'ignore' }).status === 0,
    reason: 'the registry of the conformance bases does not answer (TSBUILD_TEST_BASES)',
  },
  conformance: {
    isMet: () => conformanceFolder() !== undefined && has('python3', '-V'),
    reason: 'TSBUILD_TEST_CONFORMANCE names no folder of the conformance suite, or there is no python3',
  },
} as const satisfies Record<string, { isMet: () => boolean; reason: string }>;

export type Need = keyof typeof NEEDS;

/** Address of the registry that serves `library/node:20-slim` and the other bases; it may not be running. */
export function basesRegistry(): string {
  return process.env['TSBUILD_TEST_BASES'] ?? 'http://127.0.0.1:5055';
}

/** The folder of the conformance suite, when it is told and there. */
export function conformanceFolder(): string | undefined {
  const folder = process.env['TSBUILD_TEST_CONFORMANCE'];
  return folder !== undefined && existsSync(join(folder, 'cases.json')) ? folder : undefined;
}

const required = new Set((process.env['TSBUILD_REQUIRE'] ?? '').split(',').filter(Boolean));

/**
 * `test` for tests with these needs.
 * @example testNeeding('skopeo')('skopeo reads the image', async (t) => { ... })
 */
export function testNeeding(...needs: readonly Need[]) {
  const missing = needs.filter((need) => !NEEDS[need].isMet());
  const reason = missing.map((need) => `${need}: ${NEEDS[need].reason}`).join('; ');
  const isFailure = missing.some((need) => required.has(need));
  return (
    title: string,
    run: (t: ExecutionContext) => void | Promise<void>,
    { isSerial = false }: { readonly isSerial?: boolean } = {},
  ): void => {
    if (missing.length === 0) (isSerial ? test.serial : test)(title, run);
    else if (isFailure) test(title, (t) => t.fail(`required, but ${reason}`));
    else test.skip(`${title} [${reason}]`, run);
  };
}
