// `npm run demo`: builds fixtures/hello out of this machine's own shell, without network, and shows the image.
// The image is read from the OCI layout that the build wrote, as any other tool would read it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostShellOptions } from './host-shell.mjs';

const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'tsbuild-demo-'));
const layout = join(scratch, 'image');
const files = join(scratch, 'files');

function readBlob({ digest }) {
  return JSON.parse(readFileSync(join(layout, 'blobs', ...digest.split(':')), 'utf8'));
}

function showImage() {
  const [descriptor] = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')).manifests;
  const manifest = readBlob(descriptor);
  const { config, os, architecture } = readBlob(manifest.config);
  const bytes = manifest.layers.reduce((sum, { size }) => sum + size, 0);
  console.log(`
  digest      ${descriptor.digest}
  platform    ${os}/${architecture}
  layers      ${manifest.layers.length}, ${(bytes / 1e6).toFixed(1)} MB together`);
  for (const { digest, size } of manifest.layers)
    console.log(`              ${digest.slice(0, 19)}  ${size} bytes`);
  console.log(`  Entrypoint  ${JSON.stringify(config.Entrypoint)}
  WorkingDir  ${config.WorkingDir}
  RUN wrote   ${readFileSync(join(files, 'srv', 'built.txt'), 'utf8').trim()}
`);
}

function build() {
  const outputs = ['--output', `type=oci,dest=${layout},tar=false`, '--output', `type=local,dest=${files}`];
  const shown = [...hostShellOptions(), '-t', 'hello:1', 'fixtures/hello'];
  console.log(`$ tsbuild ${shown.join(' ')}\n`);
  const run = spawnSync(process.execPath, ['bin/tsbuild.js', 'build', ...outputs, ...shown], {
    cwd: root,
    stdio: 'inherit',
  });
  if (run.error) throw run.error;
  return run.status ?? 1;
}

if (!existsSync(join(root, 'dist'))) {
  console.error('dist/ is missing: run `npm ci` (or `npm run build`) first');
  process.exit(1);
}
try {
  process.exitCode = build();
  if (process.exitCode === 0) showImage();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
