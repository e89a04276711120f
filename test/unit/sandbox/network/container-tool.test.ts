import test from 'ava';
import {
  containerToolArguments,
  outsideAddress,
  slirpForward,
  type Outside,
} from '../../../../src/sandbox/network/container-tool.js';
import { contains, parseBlock, parseIpv4 } from '../../../../src/sandbox/network/ipv4.js';

const PATHS = { user: '/u', network: '/n' };
const id = 'ab'.repeat(32);

function outside(name: 'pasta' | 'slirp4netns', ports: Outside['ports']): Outside {
  return {
    ...outsideAddress(name, id, []),
    tool: { name, program: `/x/${name}` },
    interfaceName: 'ext0',
    ports,
  };
}

test('pasta gets an address that is none of the host, and the ports alone', (t) => {
  const ports = [
    { hostIp: '', hostPort: 8080, containerPort: 80, protocol: 'tcp' },
    { hostIp: '127.0.0.1', hostPort: 53, containerPort: 5353, protocol: 'udp' },
  ] as const;
  t.deepEqual(containerToolArguments(outside('pasta', ports), PATHS, '/s'), [
    '--config-net',
    '--foreground',
    '--quiet',
    '--ns-ifname',
    'ext0',
    '--address',
    '172.17.174.180',
    '--netmask',
    '16',
    '--gateway',
    '172.17.0.1',
    '--tcp-ports',
    '8080:80',
    '--udp-ports',
    '127.0.0.1/53:5353',
    '--tcp-ns',
    'none',
    '--udp-ns',
    'none',
    '--no-map-gw',
    '--dns-forward',
    '169.254.1.1',
    '--pid',
    '/dev/fd/1',
    '--no-netns-quit',
    '--userns',
    '/u',
    '--netns',
    '/n',
  ]);
  const without = containerToolArguments(outside('pasta', []), PATHS, '/s').join(' ');
  t.regex(without, /--tcp-ports none --udp-ports none/);
});

test('slirp4netns refuses the loopback of the host, and is told of ports over its socket', (t) => {
  t.deepEqual(containerToolArguments(outside('slirp4netns', []), PATHS, '/s'), [
    '--configure',
    '--mtu=65520',
    '--disable-host-loopback',
    '--enable-sandbox',
    '--enable-seccomp',
    '--ready-fd=1',
    '--cidr=172.17.0.0/24',
    '--api-socket=/s',
    '--userns-path=/u',
    '--netns-type=path',
    '/n',
    'ext0',
  ]);
  t.deepEqual(JSON.parse(slirpForward({ hostIp: '', hostPort: 8080, containerPort: 80, protocol: 'tcp' })), {
    execute: 'add_hostfwd',
    arguments: { proto: 'tcp', host_addr: '0.0.0.0', host_port: 8080, guest_port: 80 },
  });
});

test('the network of the outside is none that the host has a route to', (t) => {
  const docker = [parseBlock('172.17.0.0/16')!];
  t.is(outsideAddress('pasta', id, docker).gateway, '10.88.0.1');
  for (const start of ['00000000', 'ffffffff', '0000fffd']) {
    const { address } = outsideAddress('pasta', start.padEnd(64, '0'), []);
    t.true(contains(parseBlock('172.17.0.0/16')!, parseIpv4(address)!));
    t.false(['172.17.0.0', '172.17.0.1', '172.17.255.255'].includes(address), address);
  }
});
