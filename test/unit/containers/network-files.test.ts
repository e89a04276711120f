import test from 'ava';
import {
  hostnameText,
  hostsText,
  hostsTextOfHost,
  ownNames,
  renewedText,
  resolvConfText,
} from '../../../src/containers/network-files.js';

const facts = { extra: [], hostGateway: '192.0.2.2', own: [], members: [] };

test('hosts: the loopback, what was added, the container itself, and other members', (t) => {
  t.is(
    hostsText({
      ...facts,
      extra: [
        { name: 'host.docker.internal', address: 'host-gateway' },
        { name: 'db', address: '10.0.0.5' },
      ],
      own: [{ address: '172.18.0.2', names: ['box', 'web', 'box'] }],
      members: [{ address: '172.18.0.3', names: ['redis', 'cache'] }],
    }),
    [
      '127.0.0.1\tlocalhost',
      '::1\tlocalhost ip6-localhost ip6-loopback',
      'fe00::\tip6-localnet',
      'ff00::\tip6-mcastprefix',
      'ff02::1\tip6-allnodes',
      'ff02::2\tip6-allrouters',
      '192.0.2.2\thost.docker.internal',
      '10.0.0.5\tdb',
      '172.18.0.2\tbox web',
      '172.18.0.3\tredis cache',
      '',
    ].join('\n'),
  );
});

test('on the network of the host its own file is copied', (t) => {
  t.is(hostsTextOfHost('127.0.0.1 localhost', []), '127.0.0.1 localhost\n');
  t.is(hostsTextOfHost('', [{ name: 'me', address: 'host-gateway' }]), '127.0.0.1\tme\n');
});

test('a container has its name with its domain, and without', (t) => {
  t.deepEqual(ownNames({ hostname: 'box', domainname: '' }), ['box']);
  t.deepEqual(ownNames({ hostname: 'box', domainname: 'example.com' }), ['box.example.com', 'box']);
  t.is(hostnameText('box'), 'box\n');
});

const resolv = { dns: [], dnsSearch: [], dnsOptions: [] };
const host = 'nameserver 127.0.0.53\nnameserver 192.0.2.53\nsearch corp.test\noptions ndots:2\n';

test('resolv.conf: the host’s, through the tool, or without servers of the loopback', (t) => {
  t.is(resolvConfText({ ...resolv, host, server: 'host' }), host);
  t.is(
    resolvConfText({ ...resolv, host, server: { address: '169.254.1.1' } }),
    'nameserver 169.254.1.1\nsearch corp.test\noptions ndots:2\n',
  );
  t.is(
    resolvConfText({ ...resolv, host, server: undefined }),
    'nameserver 192.0.2.53\nsearch corp.test\noptions ndots:2\n',
  );
});

test('what the user gives for names takes the place of the host’s', (t) => {
  const given = { dns: ['1.1.1.1', '9.9.9.9'], dnsSearch: ['a.test', 'b.test'], dnsOptions: ['timeout:1'] };
  t.is(
    resolvConfText({ ...given, host, server: 'host' }),
    'nameserver 1.1.1.1\nnameserver 9.9.9.9\nsearch a.test b.test\noptions timeout:1\n',
  );
  t.notRegex(resolvConfText({ ...resolv, dnsSearch: ['.'], host, server: 'host' }), /search/);
});

test('a file is renewed with what its user appended, and left alone when he changed it', (t) => {
  t.is(renewedText('a\n', 'a\n', 'b\n'), 'b\n');
  t.is(renewedText('a\nmine\n', 'a\n', 'b\nc\n'), 'b\nc\nmine\n');
  t.is(renewedText('changed\n', 'a\n', 'b\n'), undefined);
});
