// Containers on networks, as a user runs them: names, published ports, modes, networks that change while they run.
import type { ExecutionContext } from 'ava';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type * as Library from '../../src/index.js';
import { projectRoot } from '../support/project-root.js';
import { testNeeding } from '../support/requirements.js';
import { runTsbuild, type TsbuildRun } from '../support/tsbuild-command.js';
import { assertBuilt, workspace } from '../support/workspace.js';

const needing = testNeeding('sandbox', 'busybox', 'tun', 'root');

/** A server of pages, whose log tells the clients. */
const SERVER = 'mkdir -p /www; hostname > /www/index.html; exec httpd -f -vv -p 80 -h /www';

const DOCKERFILE = `FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN mkdir -p /etc /tmp && echo root:x:0:0:root:/:/bin/sh > /etc/passwd
ENV PATH=/bin
EXPOSE 80
`;

type Networks = Pick<
  typeof Library,
  'createNetwork' | 'removeNetworks' | 'inspectNetworks' | 'connectNetwork' | 'disconnectNetwork'
>;

interface Place {
  readonly store: string;
  run(...args: readonly string[]): Promise<TsbuildRun>;
  /** Standard output; fails the test when the command fails. */
  out(...args: readonly string[]): Promise<string>;
  /** A function of the library, on the same store. */
  call<Name extends keyof Networks>(
    name: Name,
    request: Parameters<Networks[Name]>[0],
  ): Promise<Awaited<ReturnType<Networks[Name]>>>;
  /** Ends all that runs, and finds nothing that is left. */
  finish(): Promise<void>;
}

async function place(t: ExecutionContext): Promise<Place> {
  const space = workspace(t, { Dockerfile: DOCKERFILE });
  copyFileSync(realpathSync('/bin/busybox'), join(space.context, 'busybox'));
  assertBuilt(t, await space.build(['-t', 'box']));
  const { store } = space;
  const run: Place['run'] = (...args) => runTsbuild(args, { store });
  const library = (await import(join(projectRoot, 'dist/index.js'))) as Networks;
  const options = { env: { TSBUILD_ROOT: store, PATH: process.env['PATH'] } };
  t.teardown(() => {
    for (const pid of [...mainProcesses(store), ...toolsOf(store)]) process.kill(pid, 'SIGKILL');
  });
  return {
    store,
    run,
    async out(...args) {
      const result = await run(...args);
      t.is(result.code, 0, result.stderr);
      return result.stdout.toString();
    },
    call: (name, request) =>
      (library[name] as (request: unknown, options: unknown) => Promise<never>)(request, options),
    async finish() {
      for (const pid of mainProcesses(store)) process.kill(pid, 'SIGKILL');
      for (let tries = 0; tries < 100 && toolsOf(store).length > 0; tries++) await sleep(50);
      t.deepEqual(toolsOf(store), [], 'no process of a network is left');
    },
  };
}

function containersIn(store: string): string[] {
  const folder = join(store, 'local/v1/containers/c');
  return readdirSync(folder).map((id) => join(folder, id));
}

interface State {
  readonly main: { readonly pid: number };
  readonly helpers: readonly { readonly pid: number }[];
}

function statesIn(store: string): State[] {
  return containersIn(store).flatMap((folder) => {
    try {
      return JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')) as State;
    } catch {
      // One that never ran.
      return [];
    }
  });
}

function mainProcesses(store: string): number[] {
  return statesIn(store)
    .map(({ main }) => main.pid)
    .filter(isRunning);
}

/** Programs that lead outside, and processes that hold bridges. */
function toolsOf(store: string): number[] {
  const networks = join(store, 'local/v1/containers/networks');
  const files = existsSync(networks) ? readdirSync(networks, { recursive: true, encoding: 'utf8' }) : [];
  const holders = files
    .filter((name) => name.endsWith('holder.json'))
    .map((name) => (JSON.parse(readFileSync(join(networks, name), 'utf8')) as { pid: number }).pid);
  const helpers = statesIn(store).flatMap((state) => state.helpers.map(({ pid }) => pid));
  return [...holders, ...helpers].filter(isRunning);
}

/** The output of a command in the namespaces of a running container. */
function inside(store: string, name: string, ...command: readonly string[]): string {
  const id = readlinkSync(join(store, 'local/v1/containers/names', name));
  const file = join(store, 'local/v1/containers/c', id, 'state.json');
  const { main } = JSON.parse(readFileSync(file, 'utf8')) as State;
  const enter = ['--target', String(main.pid), '--mount', '--net', '--'];
  return spawnSync('nsenter', [...enter, ...command], { encoding: 'utf8', env: { PATH: '/bin:/usr/bin' } })
    .stdout;
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    // It has ended.
    return false;
  }
}

const hostAddress = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

function get(url: string): string {
  return spawnSync('curl', ['-sS', '--max-time', '5', url], { encoding: 'utf8' }).stdout.trim();
}

/** Until the server of the container answers. */
async function answering(url: string): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    const answer = get(url);
    if (answer !== '') return answer;
    await sleep(50);
  }
  return '';
}

needing('containers of a network reach each other by name, alias and address', async (t) => {
  const { out, call, finish } = await place(t);
  await call('createNetwork', { name: 'back' });
  const id = (
    await out(
      'run',
      '-d',
      '--name',
      'web',
      '--network',
      'back',
      '--network-alias',
      'www',
      'box',
      'sh',
      '-c',
      SERVER,
    )
  ).trim();
  const ask = (name: string): string =>
    `for i in 1 2 3 4 5; do wget -qO- http://${name}/ && break; sleep 0.2; done`;
  const names = ['web', 'www', id.slice(0, 12)];
  const answers = await out('run', '--rm', '--network', 'back', 'box', 'sh', '-c', names.map(ask).join('; '));
  t.is(answers, `${id.slice(0, 12)}\n`.repeat(3));
  const [network] = await call('inspectNetworks', ['back']);
  t.deepEqual(
    Object.values(network!.Containers).map(({ Name }) => Name),
    ['web'],
  );
  await t.throwsAsync(call('removeNetworks', { networks: ['back'] }), { code: 'NETWORK_IN_USE' });
  await finish();
  t.deepEqual(await call('removeNetworks', { networks: ['back'] }), ['back']);
});

needing('a published port keeps the address of its client, also on a user network', async (t) => {
  const { out, run, call, store, finish } = await place(t);
  await call('createNetwork', { name: 'back' });
  for (const network of ['bridge', 'back']) {
    const command = ['sh', '-c', SERVER];
    await out('run', '-d', '--name', network, '--network', network, '-p', '80', 'box', ...command);
    const listed = await out('port', network, '80');
    const port = /^0\.0\.0\.0:(\d+)$/m.exec(listed)?.[1] ?? '';
    t.not(await answering(`http://127.0.0.1:${port}/`), '');
    t.not(get(`http://${hostAddress}:${port}/`), '');
    const log = (await run('logs', network)).stderr;
    t.regex(log, /\[::ffff:127\.0\.0\.1\]/);
    t.true(log.includes(`[::ffff:${hostAddress}]`), log);
    const taken = await run('run', '--rm', '-p', `${port}:80`, 'box', 'true');
    t.is(taken.code, 125);
    t.regex(taken.stderr, new RegExp(`Bind for 0\\.0\\.0\\.0:${port} failed: port is already allocated`));
  }
  t.true(mainProcesses(store).length === 2);
  await finish();
});

needing(
  'a container that is connected while it runs is found at once, and lost when it is disconnected',
  async (t) => {
    const { out, call, store, finish } = await place(t);
    await call('createNetwork', { name: 'back' });
    await out('run', '-d', '--name', 'web', '--network', 'back', 'box', 'sh', '-c', SERVER);
    await out('run', '-d', '--name', 'late', 'box', 'sleep', '1000');
    const ask = (...command: readonly string[]) => inside(store, 'late', ...command);
    t.notRegex(ask('cat', '/etc/hosts'), /web/);
    await call('connectNetwork', { network: 'back', container: 'late', aliases: ['later'] });
    t.regex(ask('ip', '-o', '-4', 'addr'), /eth1 +inet 172\.18\./);
    t.regex(ask('wget', '-qO-', 'http://web/'), /^[0-9a-f]{12}$/m);
    t.regex(inside(store, 'web', 'cat', '/etc/hosts'), /\tlate later /);
    await call('disconnectNetwork', { network: 'back', container: 'late' });
    t.notRegex(ask('ip', '-o', 'link'), /eth1/);
    t.notRegex(inside(store, 'web', 'cat', '/etc/hosts'), /late/);
    t.notRegex(ask('cat', '/etc/hosts'), /web/);
    await finish();
  },
);

needing('none has lo alone, host is the host’s, an internal network has no way out', async (t) => {
  const { out, run, call, finish } = await place(t);
  const server = createServer((_, response) => response.end('outside\n')).listen(0, '0.0.0.0');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const ask = ['sh', '-c', `ls /sys/class/net; wget -qO- http://${hostAddress}:${port}/ || echo no way`];
  t.is(await out('run', '--rm', '--network', 'none', 'box', ...ask), 'lo\nno way\n');
  t.is(await out('run', '--rm', 'box', ...ask), 'eth0\nlo\noutside\n');
  await call('createNetwork', { name: 'inner', isInternal: true });
  t.is(await out('run', '--rm', '--network', 'inner', 'box', ...ask), 'eth0\nlo\nno way\n');
  await call('createNetwork', { name: 'outer' });
  t.is(await out('run', '--rm', '--network', 'outer', 'box', ...ask), 'eth0\next0\nlo\noutside\n');
  const local = ['sh', '-c', `wget -qO- http://127.0.0.1:${port}/`];
  t.is(await out('run', '--rm', '--network', 'host', 'box', ...local), 'outside\n');
  t.not((await run('run', '--rm', 'box', ...local)).code, 0, 'the loopback of the host is out of reach');
  await finish();
});

needing('a running container without a way out gets one at its next start, which is said', async (t) => {
  const { out, run, call, finish } = await place(t);
  const server = createServer((_, response) => response.end('outside\n')).listen(0, '0.0.0.0');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const ask = ['exec', 'web', 'sh', '-c', `wget -qO- http://${hostAddress}:${port}/ || echo no way`];
  await call('createNetwork', { name: 'inner', isInternal: true });
  await call('createNetwork', { name: 'outer' });
  await out('run', '-d', '--name', 'web', '--network', 'inner', 'box', 'sleep', '600');
  const connected = await run('network', 'connect', 'outer', 'web');
  t.regex(connected.stderr, /web reaches its networks and nothing outside until it is restarted/);
  t.is(await out(...ask), 'no way\n');
  await out('restart', '-t', '0', 'web');
  t.is(await out(...ask), 'outside\n');
  await finish();
});

needing('a container shares the network of another one, with its files', async (t) => {
  const { out, run, finish } = await place(t);
  await out('run', '-d', '--name', 'web', '--hostname', 'webhost', 'box', 'sh', '-c', SERVER);
  const ask = 'for i in 1 2 3 4 5; do wget -qO- http://127.0.0.1/ && break; sleep 0.2; done; cat /etc/hosts';
  t.regex(
    await out('run', '--rm', '--network', 'container:web', 'box', 'sh', '-c', ask),
    /^webhost\n127[^]*\twebhost$/m,
  );
  await finish();
  const gone = await run('run', '--rm', '--network', 'container:web', 'box', 'true');
  t.is(gone.code, 125);
  t.regex(gone.stderr, /the container is not running/);
});

needing('the files of a container: added hosts, name servers, its own changes', async (t) => {
  const { out, finish } = await place(t);
  const given = ['--add-host', 'db:10.0.0.5', '--add-host', 'outside:host-gateway', '--hostname', 'box'];
  const names = ['--dns', '9.9.9.9', '--dns-search', 'corp.test', '--dns-option', 'ndots:3'];
  const script = 'echo 10.0.0.9 mine >> /etc/hosts; cat /etc/hosts /etc/hostname /etc/resolv.conf';
  const text = await out('run', '--rm', ...given, ...names, 'box', 'sh', '-c', script);
  t.regex(text, /^10\.0\.0\.5\tdb$/m);
  t.true(text.includes(`${hostAddress}\toutside\n`));
  t.regex(text, /^172\.17\.\d+\.\d+\tbox$/m);
  t.regex(text, /^10\.0\.0\.9 mine\nbox\nnameserver 9\.9\.9\.9\n[^]*search corp\.test\noptions ndots:3\n$/m);
  await finish();
});
