// RUN --mount=type=ssh with the agent of the user: what a step sends to its socket, and how.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { openDirectory } from '../../src/rootfs/path-in-root.js';
import { readOnlyAgent } from '../../src/ssh-agent/read-only-agent.js';
import { serveConnections } from '../../src/ssh-agent/serve-connections.js';
import { attack, type AttackWorld, type Defence } from '../support/attack.js';
import { fakeAgent, type FakeAgent } from '../support/fake-agent.js';

const JUDGED: Defence = ['src/ssh-agent/read-only-agent.ts', 'const judged = judge(message);'];
const BOUNDED: Defence = [
  'src/ssh-agent/split-messages.ts',
  'if (wanted > LENGTH_BYTES + MAX_MESSAGE) return undefined;',
];
const FEW: Defence = ['src/ssh-agent/serve-connections.ts', 'server.maxConnections = MAX_CONNECTIONS;'];

const LIST = Buffer.of(0, 0, 0, 1, 11);
const NO_IDENTITIES = '000000050c00000000';

async function withProxy(
  world: AttackWorld,
  run: (proxy: string, agent: FakeAgent) => Promise<void>,
): Promise<void> {
  const agent = await fakeAgent(join(world.root, 'agent'));
  const server = await serveConnections(openDirectory(world.root), 'proxy', readOnlyAgent(agent.path));
  try {
    await run(join(world.root, 'proxy'), agent);
  } finally {
    server.close();
    agent.close();
  }
}

function open(path: string): Socket {
  return connect(path).on('error', () => {});
}

/** All that comes until the other side ends, after everything was sent. */
async function exchange(path: string, ...pieces: readonly Buffer[]): Promise<string> {
  const socket = open(path);
  const replies: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => replies.push(bytes));
  const closed = once(socket, 'close');
  for (const piece of pieces) {
    socket.write(piece);
    if (pieces.length > 1) await setTimeout(2);
  }
  socket.end();
  await closed;
  return Buffer.concat(replies).toString('hex');
}

attack('ssh-agent', 'no message but those that list and sign reaches the agent', JUDGED, (t, world) =>
  withProxy(world, async (proxy, agent) => {
    for (let type = 0; type < 256; type++) {
      if (type === 11 || type === 13) continue;
      const message = Buffer.concat([Buffer.of(0, 0, 0, 9, type), Buffer.alloc(8)]);
      const expected = { 1: '000000050200000000', 9: '0000000106', 27: '000000011c' }[type] ?? '0000000105';
      t.is(await exchange(proxy, message), expected, String(type));
    }
    // A request to sign with another message behind or inside of it.
    const sign = Buffer.from('0d000000016b0000000164000000000000000113', 'hex');
    t.is(await exchange(proxy, Buffer.concat([Buffer.of(0, 0, 0, sign.length), sign])), '0000000105');
    t.deepEqual(agent.asked, []);
    t.is(await exchange(proxy, LIST), NO_IDENTITIES);
    t.deepEqual(agent.asked, [11]);
  }),
);

attack(
  'ssh-agent',
  'a message of any length and in any pieces costs its connection only',
  BOUNDED,
  (t, world) =>
    withProxy(world, async (proxy, agent) => {
      for (const length of ['7fffffff', 'ffffffff', '00040001']) {
        const socket = open(proxy);
        const closed = once(socket, 'close').then(() => 'closed');
        socket.write(Buffer.concat([Buffer.from(length, 'hex'), Buffer.alloc(1000)]));
        t.is(await Promise.race([closed, setTimeout(5000, 'open')]), 'closed', length);
      }
      t.is(await exchange(proxy, Buffer.alloc(4)), '', 'an empty message');
      t.is(await exchange(proxy, LIST.subarray(0, 3)), '', 'a piece of a length');
      t.is(await exchange(proxy, Buffer.of(0, 0, 0, 9, 11)), '', 'a piece of a message');
      t.deepEqual(agent.asked, []);
      const pieces = [...LIST, ...LIST].map((byte) => Buffer.of(byte));
      t.is(await exchange(proxy, ...pieces), NO_IDENTITIES.repeat(2));
      t.is(
        await exchange(proxy, Buffer.concat(Array.from({ length: 50 }, () => LIST))),
        NO_IDENTITIES.repeat(50),
      );
    }),
);

attack('ssh-agent', 'hundreds of connections are no burden for the build or the agent', FEW, (t, world) =>
  withProxy(world, async (proxy) => {
    const sockets: Socket[] = [];
    // In turns, since a socket has a short queue.
    for (let turn = 0; turn < 20; turn++) {
      sockets.push(...Array.from({ length: 50 }, () => open(proxy).resume()));
      await setTimeout(20);
    }
    await setTimeout(500);
    t.true(sockets.filter(({ closed }) => !closed).length <= 256);
    for (const socket of sockets) socket.destroy();
    await setTimeout(100);
    t.is(await exchange(proxy, LIST), NO_IDENTITIES);
  }),
);

attack('ssh-agent', 'an agent that is gone ends the connection that asks it', JUDGED, (t, world) =>
  withProxy(world, async (proxy, agent) => {
    agent.close();
    await setTimeout(50);
    t.is(await exchange(proxy, LIST), '');
    t.is(await exchange(proxy, Buffer.of(0, 0, 0, 1, 19)), '0000000105');
  }),
);
