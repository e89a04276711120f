// A current Node beside the one that runs CI: tsbuild is for both. The binary comes out of an npm package.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const VERSION = '24.21.0';

/** @returns path of the binary */
export function installCurrentNode(scratch) {
  const name = `node-linux-${process.arch}`;
  const prefix = join(scratch, 'current-node');
  execFileSync(
    'npm',
    ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', prefix, `${name}@${VERSION}`],
    { stdio: 'inherit' },
  );
  return join(prefix, 'node_modules', name, 'bin', 'node');
}
