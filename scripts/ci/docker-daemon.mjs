// A docker daemon of CI's own, for `docker load`: no network, no iptables, plain copies for storage, its own socket.
import { spawn, spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ATTEMPTS = 150;

/**
 * Starts it and sets DOCKER_HOST. The user's group may use the socket.
 * @returns a function that stops it
 */
export async function startDocker(scratch, user) {
  const socket = `unix://${join(scratch, 'docker.sock')}`;
  const log = openSync(join(scratch, 'docker.log'), 'w');
  const directories = ['--data-root', join(scratch, 'docker'), '--exec-root', join(scratch, 'docker-exec')];
  const network = ['--iptables=false', '--ip6tables=false', '--bridge=none'];
  const args = [
    '--host',
    socket,
    '--group',
    user.name,
    '--pidfile',
    join(scratch, 'docker.pid'),
    ...directories,
    ...network,
  ];
  const daemon = spawn('dockerd', [...args, '--storage-driver=vfs'], { stdio: ['ignore', log, log] });
  daemon.on('error', (error) => console.error(`dockerd: ${error.message}`));
  process.env.DOCKER_HOST = socket;
  for (let i = 0; i < ATTEMPTS; i++) {
    if (spawnSync('docker', ['version'], { stdio: 'ignore' }).status === 0) break;
    await sleep(200);
  }
  return async () => {
    await new Promise((resolve) => {
      daemon.on('exit', resolve);
      if (!daemon.kill('SIGTERM')) resolve();
    });
    // Left mounted when a container ran: the folder could not be removed.
    spawnSync('umount', [join(scratch, 'docker-exec', 'netns', 'default')], { stdio: 'ignore' });
  };
}
