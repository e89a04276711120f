// What network-rig.ts runs: containers of launchers, with networks of their own.
import { execFile, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findProgram } from '../../src/host/find-program.js';
import { isAlive, knownProcess } from '../../src/host/known-process.js';
import { CLONE_NEWNET } from '../../src/host/syscalls/process-calls.js';
import { loadSyscalls, type OwnSystemCalls } from '../../src/host/syscalls/system-calls.js';
import { plainOwnership } from '../../src/rootfs/ownership.js';
import { launcherStarterBy, startParentLauncher } from '../../src/sandbox/launcher/parent-launcher.js';
import { launcherStarter, type LauncherStarter } from '../../src/sandbox/launcher/start-launcher.js';
import {
  connectContainer,
  type ConnectedContainer,
  type ContainerNetworkPlan,
} from '../../src/sandbox/network/connect-container.js';
import {
  joinNetwork,
  leaveNetwork,
  type NetworkPlug,
} from '../../src/sandbox/network/bridge/join-network.js';
import {
  readHolder,
  readMembers,
  type NetworkFiles,
} from '../../src/sandbox/network/bridge/network-files.js';
import { macAddressOf } from '../../src/sandbox/network/bridge/addresses.js';
import { outsideAddress } from '../../src/sandbox/network/container-tool.js';
import type { WantedPort } from '../../src/sandbox/network/host-ports.js';
import { hostRoutes } from '../../src/sandbox/network/host-routes.js';
import { parseIpv4 } from '../../src/sandbox/network/ipv4.js';
import type { NetworkToolName } from '../../src/sandbox/network/network-tool.js';

const signal = new AbortController().signal;

interface Box {
  readonly id: string;
  readonly pid: number;
  readonly monitor: number;
  connect(plan: ContainerNetworkPlan): Promise<ConnectedContainer>;
  join(plug: NetworkPlug): Promise<void>;
  /** The output of a command in its network namespace. */
  run(...argv: readonly string[]): Promise<string>;
  /** Answers each client with the client's address, when it has said something. */
  serve(port: number): Promise<void>;
  end(): Promise<void>;
}

interface Rig {
  readonly calls: OwnSystemCalls;
  readonly starter: LauncherStarter;
  readonly folder: string;
  box(): Box;
}

let boxes = 0;

function openBox(calls: OwnSystemCalls, starter: LauncherStarter, folder: string): Box {
  const id = Buffer.alloc(32, ++boxes).toString('hex');
  const monitor = startParentLauncher(calls, starter, []);
  const map = [{ inside: 0, outside: 1, count: 65_535 }];
  const launcher = launcherStarterBy(calls, monitor, { ownership: { ...plainOwnership, map } }).start([]);
  launcher.calls.setIds({ uid: 0, gid: 0 });
  launcher.calls.unshare(CLONE_NEWNET);
  launcher.calls.dieWithParent();
  const main = knownProcess(launcher.pid)!;
  const tools = { calls, starter };
  const outside = {
    calls,
    starter: launcherStarterBy(calls, monitor),
    apiSocket: join(folder, `${boxes}.sock`),
  };
  const enter = [`--net=/proc/${launcher.pid}/ns/net`];
  const servers: ReturnType<typeof spawn>[] = [];
  return {
    id,
    pid: launcher.pid,
    monitor: monitor.launcher.pid,
    connect: (plan) => connectContainer({ ...tools, outside }, plan, launcher.pid, signal),
    async join(plug) {
      const namespace = openSync(`/proc/${launcher.pid}/ns/net`, 'r');
      await joinNetwork(tools, plug, { main, namespace }, signal);
      closeSync(namespace);
    },
    async run(...argv) {
      const { stdout } = await promisify(execFile)('nsenter', [...enter, ...argv]).catch(
        (error: { stdout: string }) => error,
      );
      return stdout;
    },
    async serve(port) {
      const program = `require('net').createServer((s) => s.once('data', () => s.end(s.remoteAddress))
        .on('error', () => {})).listen(${port}, '::', () => console.log('ready'))`;
      const server = spawn('nsenter', [...enter, process.execPath, '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      servers.push(server);
      await once(server.stdout!, 'data');
    },
    async end() {
      for (const server of servers) server.kill('SIGKILL');
      process.kill(monitor.launcher.pid, 'SIGKILL');
      calls.reap(monitor.launcher.pid, { isAwaited: true });
      while (isAlive(main)) await sleep(5);
    },
  };
}

function plugOf(folder: string, box: Box, address: string): NetworkPlug {
  const subnet = '172.31.250.0/24';
  return {
    name: 'test',
    files: filesIn(folder),
    bridge: { subnet, gateway: '172.31.250.1' },
    member: {
      containerId: box.id,
      endpointId: box.id,
      names: [`c${address}`],
      address,
      prefixLength: 24,
      macAddress: macAddressOf(parseIpv4(address)!),
      hostsFile: '/nonexistent',
    },
  };
}

function filesIn(folder: string): NetworkFiles {
  mkdirSync(join(folder, 'net'), { recursive: true });
  const file = (name: string): string => join(folder, 'net', name);
  return { lock: file('lock'), members: file('members.json'), holder: file('holder.json') };
}

/** What the server says to a client that speaks first; why there is no answer. */
function ask(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: 3000 });
    let answer = '';
    socket.on('connect', () => socket.write('hello\n'));
    socket.on('data', (data) => (answer += data.toString()));
    socket.once('timeout', () => socket.destroy(new Error('timeout')));
    socket.once('error', (error) => resolve(error.message));
    socket.once('close', () => resolve(answer));
  });
}

const hostAddress = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

function planWith(tool: NetworkToolName, box: Box, ports: readonly WantedPort[]): ContainerNetworkPlan {
  const address = outsideAddress(tool, box.id, hostRoutes());
  return {
    networks: [],
    outside: {
      tool: { name: tool, program: findProgram(tool) ?? '' },
      interfaceName: 'eth0',
      ports,
      ...address,
    },
  };
}

const tcp = { hostIp: '', protocol: 'tcp' } as const;

const scenarios: Readonly<Record<string, (rig: Rig) => Promise<unknown>>> = {
  /** Three members: they reach each other, one leaves, the holder is killed, all leave. */
  async bridge({ calls, folder, box }) {
    const [a, b] = [box(), box()];
    const [plugA, plugB] = [plugOf(folder, a, '172.31.250.2'), plugOf(folder, b, '172.31.250.3')];
    const files = plugA.files;
    await a.connect({ networks: [plugA] });
    await b.connect({ networks: [plugB] });
    await b.serve(80);
    const addresses = await a.run('ip', '-o', '-4', 'addr', 'show');
    const routes = await a.run('ip', 'route');
    const client = [process.execPath, '-e', clientProgram('172.31.250.3', 80)];
    const answer = await a.run(...client);
    const lowestPort = await a.run('cat', '/proc/sys/net/ipv4/ip_unprivileged_port_start');
    const holder = readHolder(files)!;
    process.kill(holder.pid, 'SIGKILL');
    while (isAlive(holder)) await sleep(5);
    const c = box();
    await c.connect({ networks: [plugOf(folder, c, '172.31.250.4')] });
    const afterHolder = await c.run(...client);
    await leaveNetwork(calls, files, a.id, {
      tools: { calls, starter: launcherStarter(calls, { directory: folder }) },
      signal,
    });
    const afterLeaving = (await a.run('ip', '-o', 'link')).split('\n').length - 1;
    const members = readMembers(files).length;
    await b.end();
    await c.end();
    await leaveNetwork(calls, files, b.id, { signal });
    const last = readHolder(files);
    await a.end();
    return {
      addresses,
      routes,
      answer,
      lowestPort: lowestPort.trim(),
      afterHolder,
      afterLeaving,
      members,
      isHolderGone: last === undefined,
    };
  },

  pasta: (rig) => published('pasta', rig),
  slirp4netns: (rig) => published('slirp4netns', rig),

  async taken({ box }) {
    const server = createServer().listen(0);
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const a = box();
    const refusal = await a
      .connect(planWith('pasta', a, [{ ...tcp, hostPort: port, containerPort: 80 }]))
      .catch((error: unknown) => error);
    const range = await a.connect(
      planWith('pasta', a, [{ ...tcp, hostPort: port, hostPortLast: port + 20, containerPort: 80 }]),
    );
    await a.end();
    server.close();
    return { port, refusal: String(refusal), isNext: range.ports[0]!.hostPort > port };
  },
};

function clientProgram(host: string, port: number): string {
  return `const s = require('net').connect(${port}, '${host}', () => s.write('x')).setTimeout(3000, () => s.destroy())
    .on('data', (d) => process.stdout.write(d)).on('error', (e) => process.stdout.write(e.code))`;
}

async function published(tool: NetworkToolName, { box }: Rig): Promise<unknown> {
  const a = box();
  const { ports, helpers } = await a.connect(
    planWith(tool, a, [
      { ...tcp, hostPort: 0, containerPort: 80 },
      { ...tcp, hostIp: '127.0.0.1', hostPort: 0, containerPort: 81 },
    ]),
  );
  await a.serve(80);
  await a.serve(81);
  const [first, second] = [ports[0]!.hostPort, ports[1]!.hostPort];
  const answers = {
    loopback: await ask('127.0.0.1', first),
    address: hostAddress && (await ask(hostAddress, first)),
    narrow: await ask('127.0.0.1', second),
    elsewhere: hostAddress && (await ask(hostAddress, second)),
  };
  const interfaces = await a.run('ip', '-o', '-4', 'addr', 'show', 'scope', 'global');
  const route = await a.run('ip', 'route', 'show', 'default');
  const program = readlinkSync(`/proc/${helpers[0]!.pid}/exe`);
  const parent = /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${helpers[0]!.pid}/status`, 'utf8'))?.[1];
  const isChild = Number(parent) === a.monitor;
  await a.end();
  const deadline = Date.now() + 5000;
  while (isAlive(helpers[0]!) && Date.now() < deadline) await sleep(10);
  return { answers, hostAddress, interfaces, route, program, isChild, isGone: !isAlive(helpers[0]!) };
}

process.stdout.write('.');
process.stdin.resume();
await once(process.stdin, 'end');
const folder = mkdtempSync(join(tmpdir(), 'tsbuild-network-'));
try {
  const calls = await loadSyscalls();
  const starter = launcherStarter(calls, { directory: folder });
  const scenario = scenarios[process.argv[2] ?? ''];
  const answer = await scenario?.({ calls, starter, folder, box: () => openBox(calls, starter, folder) });
  process.stdout.write(JSON.stringify(answer));
} finally {
  if (existsSync(folder)) rmSync(folder, { recursive: true });
}
