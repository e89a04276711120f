// A network of a step's own: connected to the outside by each tool, and with no way to the loopback of the host.
import test, { type ExecutionContext } from 'ava';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { findProgram } from '../../src/host/find-program.js';
import type { Rung } from '../../src/worker/front/rung.js';
import { usernsRung } from '../../src/worker/front/userns-rung.js';
import { openWorkerSandbox } from '../../src/worker/front/worker-sandbox.js';
import { chooseNetwork } from '../../src/sandbox/network/choose-network.js';
import { FORWARDER_OF, NETWORK_TOOLS, type NetworkTool } from '../../src/sandbox/network/network-tool.js';
import { TsbuildError } from '../../src/core/errors.js';
import { projectRoot } from '../support/project-root.js';
import { testNeeding } from '../support/requirements.js';
import { program } from '../support/sandbox-rootfs.js';
import { openWorld, type World } from '../support/sandbox-world.js';
import { interruptedProgram, threadsProgram } from '../support/socket-programs.js';

const needing = testNeeding('sandbox', 'busybox', 'tun');

function openWith(network: NetworkTool, rung: Rung = usernsRung): Promise<World> {
  return openWorld({
    name: network.name,
    open: (paths) =>
      openWorkerSandbox({
        rung,
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
  const tool = findProgram(name);
  const check: typeof needing =
    tool === undefined ? (title, run) => test.skip(`${title} [not installed]`, run) : needing;

  check(`${name}: a step reaches the outside, and nothing on the loopback of the host`, async (t) => {
    const w = await openWith({ name, program: tool ?? '' });
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
    const w = await openWith({ name, program: tool ?? '' });
    // A network of its own is connected when something asks for a socket.
    const count =
      'ip link >/dev/null; ls /sys/class/net | sort | tr "\\n" " "; touch /sys/x 2>/dev/null || echo read-only';
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
    const w = await openWith({ name, program: tool ?? '' });
    const abort = new AbortController();
    const stopped = w.run('echo up; sleep 1000', {
      network: 'private',
      signal: abort.signal,
      onOutput: () => abort.abort(),
    });
    await t.throwsAsync(stopped, { message: 'the process was interrupted' });
    t.is((await w.run('echo fine', { network: 'private' })).stdout, 'fine\n');
    await w.close();
  });
}

/** A tool that writes a line for each of its starts, and how many there were. */
function countingTool(
  program: string,
  onStart = `exec ${program} "$@"`,
): { network: NetworkTool; starts(): number; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-tool-'));
  const [log, script] = [join(folder, 'log'), join(folder, 'pasta')];
  writeFileSync(log, '');
  writeFileSync(script, `#!/bin/sh\necho >> ${log}\n${onStart}\n`);
  for (const [path, mode] of [
    [folder, 0o755],
    [log, 0o666],
    [script, 0o755],
  ] as const)
    chmodSync(path, mode);
  return {
    network: { name: 'pasta', program: script },
    starts: () => readFileSync(log).length,
    remove: () => rmSync(folder, { recursive: true }),
  };
}

const pasta = findProgram('pasta');

/** With a tool that counts its starts. */
function withPasta(
  title: string,
  run: (t: ExecutionContext, world: World, starts: () => number) => Promise<void>,
  rung?: Rung,
): void {
  if (pasta === undefined) return void test.skip(`${title} [pasta is not installed]`, () => {});
  needing(title, async (t) => {
    const { network, starts, remove } = countingTool(pasta);
    const w = await openWith(network, rung);
    await run(t, w, starts);
    await w.close();
    remove();
  });
}

const ADDRESSES = 'ip -o -4 addr show scope global | wc -l';

withPasta('a step that asks for no socket starts no tool, and has lo', async (t, w, starts) => {
  const own = await w.run('ls /sys/class/net; cat /sys/class/net/lo/flags; exit 7', { network: 'private' });
  t.is(own.stdout, 'lo\n0x9\n');
  t.is(own.exitCode, 7);
  const many = Array.from({ length: 4 }, () => w.run('logger -s hello 2>&1', { network: 'private' }));
  for (const { stdout } of await Promise.all(many)) t.regex(stdout, /hello/);
  t.is(starts(), 0);
});

withPasta('calls that wait at the same time all go on, in one step and in several', async (t, w, starts) => {
  const eight = `for i in 1 2 3 4 5 6 7 8; do ${ADDRESSES} & done; wait`;
  t.is((await w.run(eight, { network: 'private' })).stdout, '1\n'.repeat(8));
  t.is(starts(), 1);
  const both = await Promise.all([1, 2, 3].map(() => w.run(eight, { network: 'private' })));
  for (const { stdout } of both) t.is(stdout, '1\n'.repeat(8));
  t.is(starts(), 3);
});

withPasta('the next step takes the connected network', async (t, w, starts) => {
  const outputs: string[] = [];
  for (const command of ['true', ADDRESSES, ADDRESSES, 'ls /sys/class/net | wc -l'])
    outputs.push((await w.run(command, { network: 'private' })).stdout);
  // The last one asks for no socket.
  t.deepEqual(outputs, ['', '1\n', '1\n', '2\n']);
  t.is(starts(), 1);
});

withPasta(
  'a step that ends while its network is being connected leaves it to the next',
  async (t, w, starts) => {
    const ended = await w.run('ip link & sleep 0.01; kill -9 $!; exit 3', { network: 'private' });
    t.is(ended.exitCode, 3);
    t.is((await w.run(ADDRESSES, { network: 'private' })).stdout, '1\n');
    t.is(starts(), 1);
  },
);

withPasta('an insecure step is connected before it begins', async (t, w, starts) => {
  const { stdout } = await w.run('ls /sys/class/net | wc -l', { network: 'private', isInsecure: true });
  t.is(stdout, '2\n');
  t.is(starts(), 1);
});

const listenerProgram = join(projectRoot, 'build/test/support/with-listener.js');

withPasta(
  'inside a container with a listener of its own, which allows no other, a step begins connected',
  async (t, w, starts) => {
    const command = 'grep Seccomp_filters /proc/self/status; ls /sys/class/net | wc -l';
    t.is((await w.run(command, { network: 'private' })).stdout, 'Seccomp_filters:\t2\n2\n');
    t.is(starts(), 1);
  },
  {
    ...usernsRung,
    command: () => [process.execPath, listenerProgram, ...usernsRung.command()],
  },
);

if (process.arch === 'x64') {
  withPasta('threads that ask at the same time all get a socket', async (t, w, starts) => {
    const layers = await w.on([program('threads', threadsProgram())]);
    t.is((await w.run('/threads', { network: 'private', layers })).exitCode, 0);
    t.is(starts(), 1);
  });

  for (const isRestarting of [true, false])
    withPasta(
      `signals ${isRestarting ? 'that restart calls ' : ''}do not break off a call that waits`,
      async (t, w) => {
        const layers = await w.on([program('interrupted', interruptedProgram({ isRestarting }))]);
        t.is((await w.run('/interrupted', { network: 'private', layers })).exitCode, 0);
      },
    );
}

if (pasta !== undefined)
  needing('a tool that has ended is started again for the next process', async (t) => {
    const over = join(mkdtempSync(join(tmpdir(), 'tsbuild-tool-over-')), 'over');
    chmodSync(dirname(over), 0o777);
    // Longer than the first process takes, which ends with its network.
    const onStart = `timeout -s KILL 5 ${pasta} "$@"\necho >> ${over}`;
    const { network, starts, remove } = countingTool(pasta, onStart);
    const w = await openWith(network);
    const interfaces = async (): Promise<string> =>
      (await w.run('ip link >/dev/null; ls /sys/class/net | wc -l', { network: 'private' })).stdout;
    t.is(await interfaces(), '2\n');
    while (!existsSync(over)) await setTimeout(50);
    await setTimeout(200);
    t.is(await interfaces(), '2\n');
    t.is(starts(), 2);
    await w.close();
    remove();
    rmSync(dirname(over), { recursive: true });
  });

needing('a tool that is no program is a failure before anything is executed', async (t) => {
  const w = await openWith({ name: 'pasta', program: '/nonexistent/pasta' });
  const error = await t.throwsAsync(w.run('echo begun', { network: 'private', onOutput: () => t.fail() }), {
    instanceOf: TsbuildError,
  });
  t.is(error?.code, 'SANDBOX_NO_NETWORK');
  t.is((await w.run('echo fine', { network: 'host' })).stdout, 'fine\n');
  await w.close();
});

needing('a tool that does not work ends a step when it asks for a socket', async (t) => {
  const { network, starts, remove } = countingTool('', 'echo it is broken >&2; exit 1');
  const w = await openWith(network);
  let output = '';
  const onOutput = (text: string): void => void (output = text);
  const asking = 'echo begun; nc -w 1 192.0.2.1 9; echo not reached';
  const error = await t.throwsAsync(w.run(asking, { network: 'private', onOutput }), {
    instanceOf: TsbuildError,
  });
  t.is(error?.code, 'SANDBOX_NO_NETWORK');
  t.is(error?.message, 'pasta cannot connect a network: it is broken');
  t.is(output, 'begun\n');
  t.is(starts(), 1);
  t.is((await w.run('echo fine', { network: 'private' })).stdout, 'fine\n');
  t.is((await w.run('echo fine', { network: 'host' })).stdout, 'fine\n');
  t.is(starts(), 1);
  await w.close();
  remove();
});

test('the network of the host needs no tool, and is no surprise to who asked for it', (t) => {
  t.deepEqual(chooseNetwork('host'), { isForced: true });
});
