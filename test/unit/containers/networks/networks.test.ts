// Networks of a store, by the functions that the commands call.
import test from 'ava';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  connectNetwork,
  createNetwork,
  disconnectNetwork,
  inspectNetworks,
  networks,
  pruneNetworks,
  removeNetworks,
} from '../../../../src/api/networks.js';
import type { BuildOptions } from '../../../../src/build-options.js';
import { containersPaths, type ContainersPaths } from '../../../../src/containers/container-paths.js';
import { hostsOf } from '../../../../src/containers/networks/hosts-of.js';
import { releaseNetworks } from '../../../../src/containers/networks/release.js';
import type { ContainerRecord } from '../../../../src/containers/container-record.js';
import { readRecord } from '../../../../src/containers/container-files.js';
import { knownProcess } from '../../../../src/host/known-process.js';
import { loadSyscalls } from '../../../../src/host/syscalls/system-calls.js';
import { readMembers, writeMembers } from '../../../../src/sandbox/network/bridge/network-files.js';
import { storePaths } from '../../../../src/store/store-paths.js';

interface World {
  readonly options: BuildOptions;
  readonly paths: ContainersPaths;
}

async function inStore(work: (world: World) => Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'tsbuild-networks-'));
  try {
    const paths = containersPaths(storePaths(root));
    await work({ options: { env: { TSBUILD_ROOT: root, PATH: process.env['PATH'] } }, paths });
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** A container that was created. */
function addContainer(paths: ContainersPaths, name: string, more: Partial<ContainerRecord> = {}): string {
  const id = Buffer.alloc(32, name).toString('hex');
  const { directory, record } = paths.of(id);
  mkdirSync(directory, { recursive: true });
  const config = { hostname: id.slice(0, 12), domainname: '' };
  const host = { networkMode: 'bridge', extraHosts: [] };
  const networkList = [{ networkId: 'bridge', networkName: 'bridge', endpointId: 'e', aliases: [] }];
  writeFileSync(
    record,
    JSON.stringify({ id, name, config, host, networks: networkList, mounts: [], ports: [], ...more }),
  );
  return id;
}

test('a network is created, listed, inspected and removed', (t) =>
  inStore(async ({ options }) => {
    const made = await createNetwork(
      { name: 'back', subnet: '10.99.0.0/24', labels: { tier: 'db' }, isInternal: true },
      options,
    );
    t.like(made, { Name: 'back', Driver: 'bridge', Internal: true, Scope: 'local', Labels: { tier: 'db' } });
    t.deepEqual(made.IPAM.Config, [{ Subnet: '10.99.0.0/24', Gateway: '10.99.0.1' }]);
    t.deepEqual(
      (await networks({}, options)).map(({ Name }) => Name),
      ['bridge', 'host', 'none', 'back'],
    );
    t.deepEqual(await inspectNetworks(['back', made.Id, made.Id.slice(0, 6)], options), [made, made, made]);
    await t.throwsAsync(createNetwork({ name: 'back' }, options), {
      code: 'NETWORK_NAME_TAKEN',
      message: 'network with name back already exists',
    });
    await t.throwsAsync(createNetwork({ name: 'other', subnet: '10.99.0.128/25' }, options), {
      code: 'NETWORK_ADDRESS',
    });
    t.deepEqual(await removeNetworks({ networks: ['back'] }, options), ['back']);
    await t.throwsAsync(inspectNetworks(['back'], options), {
      code: 'NETWORK_NOT_FOUND',
      message: 'network back not found',
    });
    t.deepEqual(await removeNetworks({ networks: ['back'], force: true }, options), []);
  }));

test('what cannot be is refused by name', (t) =>
  inStore(async ({ options }) => {
    const refused = (code: string) => ({ code }) as const;
    await t.throwsAsync(createNetwork({ name: '-x' }, options), refused('OPTION_INVALID'));
    await t.throwsAsync(createNetwork({ name: 'x', hasIpv6: true }, options), refused('OPTION_UNSUPPORTED'));
    await t.throwsAsync(
      createNetwork({ name: 'x', driver: 'overlay' }, options),
      refused('OPTION_UNSUPPORTED'),
    );
    await t.throwsAsync(createNetwork({ name: 'bridge' }, options), refused('NETWORK_NAME_TAKEN'));
    for (const name of ['bridge', 'host', 'none'])
      await t.throwsAsync(removeNetworks({ networks: [name] }, options), {
        code: 'NETWORK_IN_USE',
        message: `${name} is a pre-defined network and cannot be removed`,
      });
  }));

test('two at once get different networks, and one of them a name', (t) =>
  inStore(async ({ options }) => {
    const made = await Promise.all(['a', 'b', 'c'].map((name) => createNetwork({ name }, options)));
    t.is(new Set(made.map(({ IPAM }) => IPAM.Config[0]!.Subnet)).size, 3);
    const same = await Promise.allSettled(['x', 'x', 'x'].map((name) => createNetwork({ name }, options)));
    t.is(same.filter(({ status }) => status === 'fulfilled').length, 1);
  }));

test('a stopped container is connected, and disconnected, by its record', (t) =>
  inStore(async ({ options, paths }) => {
    const id = addContainer(paths, 'web');
    const { Id } = await createNetwork({ name: 'back', subnet: '10.99.0.0/24' }, options);
    const request = { network: 'back', container: 'web' };
    await connectNetwork({ ...request, aliases: ['www'], ipAddress: '10.99.0.9' }, options);
    t.like(readRecord(paths, id)?.networks[1], { networkId: Id, aliases: ['www'], ipAddress: '10.99.0.9' });
    await t.throwsAsync(connectNetwork(request, options), {
      message: 'endpoint with name web already exists in network back',
    });
    t.deepEqual(await pruneNetworks({}, options), [], 'a container is on it');
    await disconnectNetwork(request, options);
    t.is(readRecord(paths, id)?.networks.length, 1);
    await t.throwsAsync(disconnectNetwork(request, options), {
      message: 'container web is not connected to network back',
    });
    await disconnectNetwork({ ...request, force: true }, options);
    await disconnectNetwork({ ...request, container: 'nobody', force: true }, options);
    t.deepEqual(await pruneNetworks({}, options), ['back']);
  }));

test('a container is connected with networks of its kind alone', (t) =>
  inStore(async ({ options, paths }) => {
    const host = (networkMode: string) =>
      ({ networkMode, extraHosts: [] }) as unknown as ContainerRecord['host'];
    addContainer(paths, 'alone', { host: host('none'), networks: [] });
    addContainer(paths, 'shared', { host: host('host'), networks: [] });
    addContainer(paths, 'web');
    await createNetwork({ name: 'back' }, options);
    for (const container of ['alone', 'shared'])
      await t.throwsAsync(connectNetwork({ network: 'back', container }, options), {
        code: 'OPTION_CONFLICT',
      });
    for (const network of ['host', 'none'])
      await t.throwsAsync(connectNetwork({ network, container: 'web' }, options), {
        code: 'OPTION_CONFLICT',
      });
    await t.throwsAsync(connectNetwork({ network: 'back', container: 'nobody' }, options), {
      message: 'No such container: nobody',
    });
    const wrong = { network: 'back', container: 'web', ipAddress: '1.2.3.4' };
    await t.throwsAsync(connectNetwork(wrong, options), {
      message: 'no configured subnet contains IP address 1.2.3.4',
    });
  }));

test('members are shown, found by hosts files, keep their network, and are let go', (t) =>
  inStore(async ({ options, paths }) => {
    const { Id } = await createNetwork({ name: 'back', subnet: '10.99.0.0/24' }, options);
    const networkList = [{ networkId: Id, networkName: 'back', endpointId: 'e', aliases: ['cache'] }];
    const ids = ['web', 'redis'].map((name) => addContainer(paths, name, { networks: networkList }));
    const files = paths.network(Id);
    const member = (containerId: string, name: string, address: string) => ({
      containerId,
      endpointId: name,
      names: [name, 'alias'],
      address,
      prefixLength: 24,
      macAddress: '02:42:0a:63:00:02',
      hostsFile: '/x',
      process: knownProcess(process.pid)!,
    });
    const web = member(ids[0]!, 'web', '10.99.0.2');
    const redis = member(ids[1]!, 'redis', '10.99.0.3');
    const ended = {
      ...member('f'.repeat(64), 'old', '10.99.0.4'),
      process: { pid: process.pid, startTime: '1' },
    };
    writeMembers(files, [web, redis, ended]);
    const [inspected] = await inspectNetworks(['back'], options);
    t.deepEqual(Object.keys(inspected!.Containers), ids, 'one whose process has ended is none');
    t.deepEqual(inspected!.Containers[ids[0]!], {
      Name: 'web',
      EndpointID: 'web',
      MacAddress: '02:42:0a:63:00:02',
      IPv4Address: '10.99.0.2/24',
      IPv6Address: '',
    });
    const hosts = hostsOf(paths, readRecord(paths, ids[0]!)!);
    t.regex(hosts, new RegExp(`^10\\.99\\.0\\.2\t${ids[0]!.slice(0, 12)} web alias$`, 'm'));
    t.regex(hosts, /^10\.99\.0\.3\tredis alias$/m);
    await t.throwsAsync(removeNetworks({ networks: ['back'] }, options), {
      code: 'NETWORK_IN_USE',
      message: `error while removing network: network back id ${Id} has active endpoints`,
    });
    const store = { calls: loadSyscalls, paths, signal: new AbortController().signal };
    await releaseNetworks(store, { id: ids[0]! }, undefined);
    t.deepEqual(
      readMembers(files).map(({ containerId }) => containerId),
      [ids[1]],
    );
    await releaseNetworks(store, { id: ids[0]! }, undefined);
    await releaseNetworks(store, { id: ids[1]! }, undefined);
    t.deepEqual(await removeNetworks({ networks: ['back'] }, options), ['back']);
  }));
