// node scripts/ci/compare-identities.mjs CONFORMANCE UID GID DIR: builds fixtures/node-app as the caller and as another user, whose
// folder DIR is, and compares the two images file by file. Fails when anything differs but times.
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { removeTree } from '../remove-tree.mjs';

const [conformance, uid, gid, directory] = process.argv.slice(2);
const scratch = mkdtempSync(join(directory, 'identities-'));
// Both make a folder of their own in it and can reach it.
execFileSync('chmod', ['1777', scratch]);

/** @returns the OCI layout */
function buildAs(name, identity) {
  const mine = join(scratch, name);
  const options = {
    ...identity,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, HOME: mine, TSBUILD_ROOT: join(mine, 'store') },
  };
  execFileSync('mkdir', [mine], options);
  const secrets = execFileSync(process.execPath, ['scripts/npm-secrets.mjs', join(mine, 'secrets')], {
    ...options,
    encoding: 'utf8',
  });
  const layout = join(mine, 'image');
  const output = ['--output', `type=oci,dest=${layout},tar=false`];
  const args = [
    'bin/tsbuild.js',
    'build',
    '--progress',
    'plain',
    ...secrets.trim().split(' '),
    ...output,
    'fixtures/node-app',
  ];
  execFileSync(process.execPath, args, options);
  return layout;
}

try {
  const mine = buildAs('caller', {});
  const theirs = buildAs('other', { uid: Number(uid), gid: Number(gid) });
  execFileSync(join(conformance, 'compare.py'), [mine, theirs], { stdio: 'inherit' });
} finally {
  removeTree(scratch);
}
