import test from 'ava';
import { withoutLoopbackServers, withServers } from '../../../src/host/resolv-conf.js';

test('servers of the network stay as they are', (t) => {
  const text = '# local\nsearch corp.test\nnameserver 10.0.0.53\nnameserver 192.0.2.1\n';
  t.is(withoutLoopbackServers(text), text);
});

test('servers on the loopback of the host are left out', (t) => {
  const text = 'nameserver 127.0.0.53\n nameserver\t::1\nnameserver 192.0.2.1\noptions ndots:2\n';
  t.is(withoutLoopbackServers(text), 'nameserver 192.0.2.1\noptions ndots:2\n');
});

test('when none is left the public servers take their place', (t) => {
  const text = 'nameserver 127.0.0.1\nsearch corp.test\n';
  t.regex(withoutLoopbackServers(text), /^nameserver 8\.8\.8\.8\n[^]*\nsearch corp\.test\n$/);
});

test('a forwarder replaces all servers and keeps everything else', (t) => {
  const text = 'nameserver 10.0.0.53\nsearch corp.test\n\nnameserver 192.0.2.1\noptions ndots:2\n';
  t.is(
    withServers(text, 'nameserver 169.254.1.1\n'),
    'nameserver 169.254.1.1\nsearch corp.test\noptions ndots:2\n',
  );
  t.is(withServers('', 'nameserver 169.254.1.1\n'), 'nameserver 169.254.1.1\n');
});
