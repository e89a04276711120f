// Nothing stays open of a process that cannot be started.
import test from 'ava';
import { loadSyscalls } from '../../../../src/host/syscalls/system-calls.js';
import { plainOwnership } from '../../../../src/rootfs/ownership.js';
import type { LaunchOrder } from '../../../../src/sandbox/launch-order.js';
import { processStarter } from '../../../../src/sandbox/launcher/start-process.js';
import { openDescriptors } from '../../rootfs/open-descriptors.js';

const order: LaunchOrder = {
  argv: ['true'],
  env: [],
  cwd: '/',
  uid: 0,
  gid: 0,
  groups: [],
  hostname: 'h',
  network: 'host',
  isInsecure: false,
  ulimits: [],
  rootfs: '/nonexistent',
  scratch: '/nonexistent',
  mounts: [],
  stdin: 'stream',
};

test('pipes are closed, and what goes with the process ends, when no launcher can be started', async (t) => {
  const calls = await loadSyscalls();
  const ended: string[] = [];
  const ownIds = { ...plainOwnership, idOnDisk: () => process.getuid?.() ?? 0 };
  const start = processStarter({
    calls,
    ownership: ownIds,
    exits: { of: () => new Promise(() => {}) },
    starter: {
      start() {
        throw new Error('no more processes');
      },
    },
    processes: {
      begin: () => ({
        leash: 0,
        follow: () => {},
        keep: () => {},
        end: async () => {},
        abandon: () => void ended.push('abandoned'),
      }),
    },
  });
  const io = { onOutput: async () => {}, signal: new AbortController().signal };
  await t.throwsAsync(start(order, io), { message: 'no more processes' });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const before = openDescriptors();
  for (let i = 0; i < 5; i++) await t.throwsAsync(start(order, io));
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.is(openDescriptors().length, before.length);
  t.is(ended.length, 6);
});
