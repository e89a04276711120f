import test from 'ava';
import { withoutLoopbackServers } from '../../../../src/builder/steps/name-resolution.js';

const PASTA = '169.254.1.1';

test('servers of the network stay as they are', (t) => {
  const text = '# local\nsearch corp.test\nnameserver 10.0.0.53\nnameserver 192.0.2.1\n';
  t.is(withoutLoopbackServers(text, PASTA), text);
});

test('servers on the loopback of the host are left out', (t) => {
  const text = 'nameserver 127.0.0.53\n nameserver\t::1\nnameserver 192.0.2.1\noptions ndots:2\n';
  t.is(withoutLoopbackServers(text, PASTA), 'nameserver 192.0.2.1\noptions ndots:2\n');
});

test('when none is left the forwarder takes their place, or the public servers', (t) => {
  const text = 'nameserver 127.0.0.1\nsearch corp.test\n';
  t.is(withoutLoopbackServers(text, PASTA), 'nameserver 169.254.1.1\nsearch corp.test\n');
  t.regex(withoutLoopbackServers(text, undefined), /^nameserver 8\.8\.8\.8\n[^]*\nsearch corp\.test\n$/);
  t.is(withoutLoopbackServers('', PASTA), 'nameserver 169.254.1.1\n');
});
