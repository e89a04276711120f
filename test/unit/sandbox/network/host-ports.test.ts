import test from 'ava';
import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { createServer, type AddressInfo } from 'node:net';
import { choosePorts } from '../../../../src/sandbox/network/host-ports.js';

const tcp = { hostIp: '127.0.0.1', containerPort: 80, protocol: 'tcp' } as const;

async function listening(): Promise<{ port: number; close(): void }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
}

test('free ports are found, no two the same', async (t) => {
  const wanted = Array.from({ length: 5 }, () => ({ ...tcp, hostPort: 0 }));
  const ports = (await choosePorts(wanted)).map(({ hostPort }) => hostPort);
  t.true(ports.every((port) => port > 0));
  t.is(new Set(ports).size, 5);
});

test('a port that is taken is an error in the words of docker, a range has another one', async (t) => {
  const { port, close } = await listening();
  await t.throwsAsync(choosePorts([{ ...tcp, hostPort: port }]), {
    code: 'PORT_TAKEN',
    message: `Bind for 127.0.0.1:${port} failed: port is already allocated`,
  });
  const [found] = await choosePorts([{ ...tcp, hostPort: port, hostPortLast: Math.min(port + 50, 65_535) }]);
  t.true(found!.hostPort > port);
  close();
});

test('a port that is asked for twice is taken the second time', async (t) => {
  const { port, close } = await listening();
  close();
  const twice = [
    { ...tcp, hostIp: '', hostPort: port },
    { ...tcp, hostPort: port, containerPort: 81 },
  ];
  await t.throwsAsync(choosePorts(twice), { message: /^Bind for 127\.0\.0\.1:\d+ failed: port is already/ });
});

test('ports of UDP are others than those of TCP', async (t) => {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await t.throwsAsync(choosePorts([{ ...tcp, protocol: 'udp', hostPort: port }]), { code: 'PORT_TAKEN' });
  socket.close();
});

test('an address that is none of the host is said', async (t) => {
  await t.throwsAsync(choosePorts([{ ...tcp, hostIp: '203.0.113.9', hostPort: 0 }]), {
    message: /cannot assign requested address: this host has no address 203\.0\.113\.9$/,
  });
});
