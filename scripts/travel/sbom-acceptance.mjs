// node scripts/travel/sbom-acceptance.mjs: counts the packages in SBOMs of images beside what package managers count, and prints a
// line per root with its figures. Exits with 1 when one differs, or takes a second. Needs dpkg-query, npm with a registry, a built
// bundle (`npm run build`) and the compiled sources (`npm run compile`).
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PackageURL } from 'packageurl-js';

const project = fileURLToPath(new URL('../..', import.meta.url));
const compiled = (path) => import(new URL(`../../build/src/${path}`, import.meta.url).href);
const work = mkdtempSync(join(tmpdir(), 'tsbuild-sbom-'));
const MAX_SECONDS = 1;

const put = (root, path, content) => {
  mkdirSync(join(work, root, path, '..'), { recursive: true });
  writeFileSync(join(work, root, path), content);
};
const linesOf = (text) => text.split('\n').filter((line) => line !== '');

/** The database of this machine; those that dpkg-query lists as installed are counted. */
function debian() {
  put('debian', 'var/lib/dpkg/status', readFileSync('/var/lib/dpkg/status'));
  put('debian', 'etc/os-release', readFileSync('/etc/os-release'));
  const listed = execFileSync('dpkg-query', ['-l'], { encoding: 'utf8' });
  return { type: 'deb', expected: linesOf(listed).filter((line) => /^.[iUFHWt] /.test(line)).length };
}

/** A database with 500 packages of many files; `apk info` prints the `P:` lines. */
function alpine() {
  const files = Array.from({ length: 50 }, (_, i) => `F:usr/lib/x${i}\nR:y\na:0:0:755\nZ:Q1x=\n`).join('');
  const packages = Array.from(
    { length: 500 },
    (_, i) => `C:Q1x=\nP:package-${i}\nV:1.${i}-r0\nA:x86_64\nL:MIT\no:package\np:so:x.so=1\n${files}\n`,
  );
  put('alpine', 'lib/apk/db/installed', packages.join(''));
  put('alpine', 'etc/os-release', 'ID=alpine\nVERSION_ID=3.20.1\n');
  return { type: 'apk', expected: packages.length };
}

/** fixtures/node-app with what `npm ci` installs, beside what `npm ls` lists. */
function nodeApp() {
  const root = join(work, 'node-app/app');
  mkdirSync(root, { recursive: true });
  for (const name of ['package.json', 'package-lock.json'])
    cpSync(join(project, 'fixtures/node-app', name), join(root, name));
  return npmInstalled(root, ['ci']);
}

/** The packages of tsbuild itself: scopes, several versions side by side. */
function ownPackages() {
  const root = join(work, 'tsbuild/app');
  mkdirSync(root, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) cpSync(join(project, name), join(root, name));
  return npmInstalled(root, ['ci', '--ignore-scripts']);
}

function npmInstalled(root, command) {
  execFileSync('npm', [...command, '--no-audit', '--no-fund'], { cwd: root, stdio: 'ignore' });
  const { stdout } = spawnSync('npm', ['ls', '--all', '--parseable'], { cwd: root, encoding: 'utf8' });
  return { type: 'npm', expected: linesOf(stdout).length };
}

async function sbomOf(root, store) {
  put(root, 'Dockerfile', 'FROM scratch\nCOPY . /\n');
  put(root, '.dockerignore', 'Dockerfile\n.dockerignore\n');
  const env = { ...process.env, TSBUILD_ROOT: store };
  execFileSync(process.execPath, ['bin/tsbuild.js', '-q', '-t', root, join(work, root)], {
    cwd: project,
    env,
  });
  const [{ openStore }, { createDamage }, { findLocalImage, openLocalImage }, { createTrees }] =
    await Promise.all(
      ['store/store.js', 'store/damage.js', 'images/local-image.js', 'images/trees.js'].map(compiled),
    );
  const [{ createLayerFiles }, { createContentDigests }, { layerLimits }, { sbomOfTree }] = await Promise.all(
    ['images/layer-files.js', 'images/content-digests.js', 'layer/limits.js', 'sbom/sbom-of-tree.js'].map(
      compiled,
    ),
  );
  const opened = openStore(store, createDamage());
  const image = openLocalImage(opened, findLocalImage(opened, root), () =>
    Promise.reject(new Error('offline')),
  );
  const { signal } = new AbortController();
  const options = { store: opened, limits: layerLimits(), signal, emit: () => {}, now: () => 0 };
  const files = createLayerFiles(options);
  const trees = createTrees({ store: opened, files, contentDigests: createContentDigests(opened) });
  const begun = process.hrtime.bigint();
  const view = await trees.whole(image.layers);
  const document = await sbomOfTree({
    view,
    bringContent: (paths) => trees.bringContent(image.layers, view, paths),
    image: {
      name: `docker.io/library/${root}:latest`,
      manifest: image.manifest.digest,
      architecture: image.config.architecture,
      layers: image.layers.map(({ diffId, descriptor }) => ({ diffId, digest: descriptor.digest })),
    },
    created: '2026-01-01T00:00:00Z',
    version: '0',
    signal,
  });
  return { document, seconds: Number(process.hrtime.bigint() - begun) / 1e9 };
}

try {
  for (const [root, make] of Object.entries({ debian, alpine, 'node-app': nodeApp, tsbuild: ownPackages })) {
    const { type, expected } = make();
    const { document, seconds } = await sbomOf(root, join(work, 'store'));
    const purls = document.packages.flatMap(({ externalRefs = [] }) =>
      externalRefs.map(({ referenceLocator }) => PackageURL.fromString(referenceLocator)),
    );
    const counted = purls.filter((purl) => purl.type === type).length;
    const isGood = counted === expected && purls.length === document.packages.length && seconds < MAX_SECONDS;
    const kilobytes = Math.round(JSON.stringify(document).length / 1000);
    console.log(
      `${isGood ? 'ok  ' : 'MISS'} ${root}: ${counted} packages, ${expected} expected; ${(seconds * 1000).toFixed(0)} ms, ${kilobytes} kB`,
    );
    if (!isGood) process.exitCode = 1;
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
