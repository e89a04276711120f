// The environments of the matrix: who runs tsbuild and where. Each is `{ name, run(args), folder }`: `run` starts the command line and
// gives `{ status, stdout, stderr }`, `folder` is one that it may write to and the caller may read.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ensureOrdinaryUser } from '../ci/ordinary-user.mjs';

const WITHOUT_IDS = 'tsbuild-noids';
const IMAGE = 'node:20-slim';
const LIMIT = { encoding: 'utf8', timeout: 600_000, maxBuffer: 64 << 20 };

function accountOf(name) {
  const row = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([known]) => known === name);
  return row && { name, uid: Number(row[2]), gid: Number(row[3]) };
}

/** Takes the subordinate ids of an account away: useradd may have given it some. */
export function removeSubordinateIds(name) {
  for (const file of ['/etc/subuid', '/etc/subgid']) execFileSync('sed', ['-i', `/^${name}:/d`, file]);
}

/** @returns an account that has none */
export function ensureUserWithoutIds() {
  if (!accountOf(WITHOUT_IDS))
    execFileSync('useradd', ['--no-create-home', '--user-group', '--shell', '/bin/sh', WITHOUT_IDS]);
  removeSubordinateIds(WITHOUT_IDS);
  return accountOf(WITHOUT_IDS);
}

function ownFolder(scratch, name, { uid, gid }) {
  const folder = join(scratch, name);
  mkdirSync(folder);
  execFileSync('chown', [`${uid}:${gid}`, folder]);
  return folder;
}

const variables = (folder, mirrors) => ({
  HOME: folder,
  TSBUILD_ROOT: join(folder, 'store'),
  ...(mirrors && { TSBUILD_REGISTRY_MIRRORS: mirrors }),
});

/** On this machine, as that account. */
export function accountEnvironment(name, account, { scratch, mirrors }) {
  const folder = ownFolder(scratch, name.replaceAll(' ', '-'), account);
  const { uid, gid } = account;
  const env = { PATH: process.env.PATH, ...variables(folder, mirrors) };
  return {
    name,
    folder,
    run: (args) => spawnSync(process.execPath, ['bin/tsbuild.js', ...args], { ...LIMIT, uid, gid, env }),
  };
}

/** As root in a container of docker, with these flags more. */
export function dockerEnvironment(name, flags, { scratch, mirrors }) {
  const folder = ownFolder(scratch, name.replaceAll(' ', '-'), { uid: 0, gid: 0 });
  const checkout = resolve('.');
  const mounts = [scratch, checkout, realpathSync('node_modules')].flatMap((path) => [
    '-v',
    `${path}:${path}`,
  ]);
  const given = Object.entries(variables(folder, mirrors)).flatMap(([key, value]) => [
    '-e',
    `${key}=${value}`,
  ]);
  const options = ['run', '--rm', '--network', 'host', ...flags, ...mounts, ...given, '-w', checkout, IMAGE];
  return {
    name,
    folder,
    run: (args) => spawnSync('docker', [...options, 'node', 'bin/tsbuild.js', ...args], LIMIT),
  };
}

export function isDockerThere() {
  return spawnSync('docker', ['image', 'inspect', IMAGE], { stdio: 'ignore' }).status === 0;
}

/** All of them. */
export function environments(setting) {
  const root = { name: 'root', uid: 0, gid: 0 };
  return [
    accountEnvironment('root', root, setting),
    accountEnvironment('user with subordinate ids', ensureOrdinaryUser(), setting),
    accountEnvironment('user without subordinate ids', ensureUserWithoutIds(), setting),
    ...(isDockerThere() ? [dockerEnvironment('root in docker run', [], setting)] : []),
  ];
}
