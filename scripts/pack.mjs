// Makes the package as users get it: tsbuild-oci-VERSION.tgz in the folder that is given. Its package.json has no scripts and names no
// package of the development, so that nothing is built, and nothing warned of, where it is installed.
//   node scripts/pack.mjs [FOLDER]
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const target = resolve(process.argv[2] ?? '.');
process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const OF_DEVELOPMENT = new Set(['scripts', 'devDependencies', 'ava']);
const all = Object.entries(JSON.parse(readFileSync('package.json', 'utf8')));
const shown = Object.fromEntries(all.filter(([key]) => !OF_DEVELOPMENT.has(key)));
const folder = mkdtempSync(join(tmpdir(), 'tsbuild-pack-'));
try {
  for (const path of ['README.md', 'LICENSE', 'SECURITY.md', 'CHANGELOG.md', 'docs', 'man', 'bin', 'dist'])
    cpSync(path, join(folder, path), { recursive: true });
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(shown, undefined, 2)}\n`);
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', target], {
    cwd: folder,
    encoding: 'utf8',
  });
  process.stdout.write(`${join(target, packed.trim())}\n`);
} finally {
  rmSync(folder, { recursive: true });
}
