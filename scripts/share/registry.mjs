// Debian's docker-registry on a free loopback port, with an empty folder of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ATTEMPTS = 200;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Gives { port, stop } once it answers. @throws Error when docker-registry is not installed, or does not answer */
export async function startRegistry() {
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-share-registry-'));
  const port = await freePort();
  const config = join(folder, 'config.yml');
  writeFileSync(
    config,
    `version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: ${folder}/data}, delete: {enabled: true}}
http: {addr: "127.0.0.1:${port}"}
`,
  );
  const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
  const failed = once(child, 'error').then(([error]) => Promise.reject(error));
  // It is looked at below; a failure after that is none of the start.
  failed.catch(() => undefined);
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  };
  const answers = async () => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const response = await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined);
      if (response?.ok) return;
      await sleep(50);
    }
    throw new Error(`docker-registry does not answer on port ${port}`);
  };
  try {
    await Promise.race([answers(), failed]);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return { port, stop };
}
