import test from 'ava';
import { hostsFile, stepResolvConf } from '../../../../src/sandbox/network/name-resolution.js';

test('the hosts of a step: itself, and those that were added', (t) => {
  t.is(
    hostsFile('box', [{ host: 'db', ip: '10.0.0.2' }]),
    '127.0.0.1\tlocalhost box\n::1\tlocalhost ip6-localhost ip6-loopback\n10.0.0.2\tdb\n',
  );
});

test('a private network asks its forwarder, and no other', (t) => {
  const servers = stepResolvConf('private', '169.254.1.1').match(/^nameserver .*$/gm);
  t.deepEqual(servers, ['nameserver 169.254.1.1']);
});
