// A network of a step's own: connected to the outside by each tool, and with no way to the loopback of the host.
import test from 'ava';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { findProgram } from '../../src/builder/sandbox/find-program.js';
import { usernsRung } from '../../src/builder/sandbox/userns-rung.js';
import { openWorkerSandbox } from '../../src/builder/sandbox/worker-sandbox.js';
import { chooseNetwork } from '../../src/builder/network/choose-network.js';
import { FORWARDER_OF, NETWORK_TOOLS, type NetworkTool } from '../../src/builder/network/network-tool.js';
import { TsbuildError } from '../../src/core/errors.js';
import { testNeeding } from '../support/requirements.js';
import { openWorld, type World } from '../support/sandbox-world.js';

const needing = testNeeding('sandbox', 'busybox', 'tun');

function openWith(network: NetworkTool): Promise<World> {
  return openWorld({
    name: network.name,
    open: (paths) =>
      openWorkerSandbox({
        rung: usernsRung,
        paths,
        settings: { network },
        signal: AbortSignal.timeout(60_000),
      }),
  });
}

/** The port of a server on all addresses of the host that answers `hello`. */
async function listen(): Promise<{ port: number; close(): void }> {
  const server = createServer((socket) => socket.on('error', () => {}).end('hello\n'));
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    close: () => void server.close(),
  };
}

const hostAddresses = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .filter(({ internal, family }) => !internal && family === 'IPv4')
  .map(({ address }) => address);

for (const name of NETWORK_TOOLS) {
  const program = findProgram(name);
  const check: typeof needing =
    program === undefined ? (title, run) => test.skip(`${title} [not installed]`, run) : needing;

  check(`${name}: a step reaches the outside, and nothing on the loopback of the host`, async (t) => {
    const w = await openWith({ name, program: program ?? '' });
    const server = await listen();
    // pasta gives the host's first address to the step itself.
    const outside = name === 'pasta' ? hostAddresses.slice(1) : hostAddresses;
    const inside = ['127.0.0.1', '[::1]', '10.0.2.2', FORWARDER_OF[name]];
    const ask = (host: string): string =>
      `echo "${host} $(nc -w 2 ${host} ${server.port} </dev/null 2>/dev/null)"`;
    const { stdout, exitCode } = await w.run(
      [
        'ip -o -4 addr show scope global | wc -l',
        'ip route | grep -c ^default',
        ...inside.map(ask),
        ...outside.map(ask),
      ].join('; '),
      { network: 'private' },
    );
    t.is(exitCode, 0);
    const [addresses, routes, ...answers] = stdout.trim().split('\n');
    t.is(`${addresses} ${routes}`, '1 1');
    const reached = answers.filter((line) => line.endsWith('hello')).map((line) => line.split(' ')[0]);
    t.deepEqual(reached, outside);
    server.close();
    await w.close();
  });

  check(`${name}: steps of all networks side by side, each with its own`, async (t) => {
    const w = await openWith({ name, program: program ?? '' });
    const count = 'ls /sys/class/net | sort | tr "\\n" " "; touch /sys/x 2>/dev/null || echo read-only';
    const [first, none, host, second] = await Promise.all(
      (['private', 'none', 'host', 'private'] as const).map((network) => w.run(count, { network })),
    );
    t.is(none?.stdout, 'lo read-only\n');
    t.is(host?.stdout, `${readdirSync('/sys/class/net').toSorted().join(' ')} read-only\n`);
    t.is(first?.stdout, second?.stdout);
    t.is(first?.stdout.split(' ').length, 3);
    await w.close();
  });

  check(`${name}: the tool ends with the step, and an aborted step with its network`, async (t) => {
    const w = await openWith({ name, program: program ?? '' });
    const abort = new AbortController();
    const stopped = w.run('echo up; sleep 1000', {
      network: 'private',
      signal: abort.signal,
      onOutput: () => abort.abort(),
    });
    await t.throwsAsync(stopped, { message: 'the step was interrupted' });
    t.is((await w.run('echo fine', { network: 'private' })).stdout, 'fine\n');
    await w.close();
  });
}

needing('a tool that does not work is a failure before anything is executed', async (t) => {
  for (const program of ['/bin/false', '/nonexistent/pasta']) {
    const w = await openWith({ name: 'pasta', program });
    const error = await t.throwsAsync(w.run('touch /executed', { network: 'private' }), {
      instanceOf: TsbuildError,
    });
    t.is(error?.code, 'SANDBOX_NO_NETWORK');
    t.is((await w.run('echo fine', { network: 'host' })).stdout, 'fine\n');
    await w.close();
  }
});

test('the network of the host needs no tool, and is no surprise to who asked for it', (t) => {
  t.deepEqual(chooseNetwork('host'), { isForced: true });
});
