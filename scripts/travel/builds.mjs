// What the rows share: steps by the plain output of a build, images as their files are, and fixtures/node-app with its base in a
// registry.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tsbuild } from '../share/bench.mjs';

export const root = join(import.meta.dirname, '..', '..');

/** The steps of a build, by its plain output: { name, isCached, seconds }. */
export function stepsOf(stderr) {
  const steps = new Map();
  for (const line of stderr.split('\n')) {
    const [, number, text] = /^#(\d+) (.*)$/.exec(line) ?? [];
    if (number === undefined) continue;
    const step = steps.get(number);
    if (!step) steps.set(number, { name: text, isCached: false, seconds: 0 });
    else if (text === 'CACHED') step.isCached = true;
    else if (text.startsWith('DONE ')) step.seconds = parseFloat(text.slice(5));
  }
  return [...steps.values()];
}

/** Commands of RUN that were executed. */
export function executedRuns(stderr) {
  return stepsOf(stderr)
    .filter(({ name, isCached }) => / RUN /.test(name) && !isCached)
    .map(({ name }) => name);
}

/** Options for a build whose image can be compared: times are clamped. Use with SOURCE_DATE_EPOCH=1. */
export function comparable(folder) {
  return ['--output', `type=oci,dest=${folder},tar=false,rewrite-timestamp=true`];
}

/** Diff ids of the only image in a layout. */
export function rootfsOf(folder) {
  const read = (path) => JSON.parse(readFileSync(join(folder, path), 'utf8'));
  const blob = (digest) => read(`blobs/sha256/${digest.slice(7)}`);
  const [entry] = read('index.json').manifests;
  return blob(blob(entry.digest).config.digest).rootfs.diff_ids.join(' ');
}

/**
 * Puts node:20-slim into the registry and copies fixtures/node-app to the folder. Gives the options of a build of it, its context
 * last.
 */
export async function prepareNodeApp(host, folder) {
  const bases = process.env.TSBUILD_TEST_BASES ?? 'http://127.0.0.1:5055';
  const base = `${host}/node:20-slim`;
  const context = join(folder, 'base');
  execFileSync('mkdir', ['-p', context]);
  execFileSync('sh', ['-c', 'echo "FROM node:20-slim" > "$1"/Dockerfile', 'sh', context]);
  const env = { TSBUILD_REGISTRY_MIRRORS: `docker.io=${bases}` };
  await tsbuild(['build', '--push', '-t', base, context], { store: join(folder, 'store-of-base'), env });
  const app = join(folder, 'app');
  cpSync(join(root, 'fixtures/node-app'), app, { recursive: true });
  const secrets = execFileSync(process.execPath, ['scripts/npm-secrets.mjs', join(folder, 'secrets')], {
    cwd: root,
    encoding: 'utf8',
  });
  const options = [...secrets.trim().split(' '), '--build-context', `node:20-slim=docker-image://${base}`];
  return { app, args: (...more) => ['build', '--progress', 'plain', ...options, ...more, app] };
}
