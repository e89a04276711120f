// What the rows share: contexts with content that does not compress, tsbuild as a user runs it, and sums over the log of a proxy.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '../remove-tree.mjs';

const root = join(import.meta.dirname, '..', '..');

/** A folder of its own for a row, removed by `remove`. */
export function createScratch() {
  const scratch = mkdtempSync(join(tmpdir(), 'tsbuild-share-'));
  return { path: scratch, remove: () => removeTree(scratch) };
}

/** A context whose image has a layer of random bytes for each size, above `from`. Gives its folder. */
export function writeContext(folder, sizes, { from = 'scratch' } = {}) {
  mkdirSync(folder, { recursive: true });
  const names = sizes.map((size, at) => {
    writeFileSync(join(folder, `file${at}`), randomBytes(size));
    return `file${at}`;
  });
  const copies = names.map((name) => `COPY ${name} /${name}`).join('\n');
  writeFileSync(join(folder, 'Dockerfile'), `FROM ${from}\n${copies}\nLABEL row=share\n`);
  return folder;
}

export function startTsbuild(args, { store, env = {} }) {
  return spawn(process.execPath, [join(root, 'bin', 'tsbuild.js'), ...args], {
    env: { PATH: process.env.PATH, HOME: store, TSBUILD_ROOT: store, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Gives { seconds, stderr, stdout }. @throws Error with the output when it fails */
export function tsbuild(args, options) {
  const began = performance.now();
  const child = startTsbuild(args, options);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].on('data', (chunk) => (output[name] += chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve({ ...output, seconds: (performance.now() - began) / 1000 });
      else reject(new Error(`tsbuild ${args.join(' ')}: exit ${code}\n${output.stderr.slice(-4000)}`));
    });
  });
}

export function sum(rows, key) {
  return rows.reduce((total, row) => total + row[key], 0);
}

/** Requests that carry the content of blobs to the registry. */
export function uploads(log) {
  return log.filter(({ method, url }) => /^(PUT|PATCH|POST)$/.test(method) && /\/blobs\/uploads\//.test(url));
}

/** The manifest of a tag, checked to be whole. Gives undefined when there is none. @throws Error when a blob is not there */
export async function readTag(host, repository, tag) {
  const base = `http://${host}/v2/${repository}`;
  const accept = 'application/vnd.oci.image.manifest.v1+json';
  const response = await fetch(`${base}/manifests/${tag}`, { headers: { accept } });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${tag}: ${response.status} ${await response.text()}`);
  const digest = response.headers.get('docker-content-digest');
  const manifest = await response.json();
  for (const { digest: blob, size } of [manifest.config, ...manifest.layers]) {
    const found = await fetch(`${base}/blobs/${blob}`, { method: 'HEAD' });
    if (!found.ok || Number(found.headers.get('content-length')) !== size)
      throw new Error(`${tag} names ${blob}, which is not there: ${found.status}`);
  }
  const config = await (await fetch(`${base}/blobs/${manifest.config.digest}`)).json();
  return { digest, manifest, config };
}

export function format(value, digits = 2) {
  return value.toFixed(digits);
}
