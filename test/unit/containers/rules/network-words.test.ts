import test from 'ava';
import { requireAliases, requireNetworkWords } from '../../../../src/containers/rules/network-words.js';

const OK = {
  hostname: 'db-1.example_x',
  domainname: 'example.com',
  extraHosts: [
    { name: 'a', address: 'host-gateway' },
    { name: 'b', address: '::1' },
  ],
  dns: ['192.0.2.1', 'fe80::1'],
  dnsSearch: ['.', 'example.com', 'a_b.', 'x'],
  dnsOptions: ['ndots:2', 'use-vc'],
};

test('network words: what docker takes is taken', (t) => {
  t.notThrows(() => requireNetworkWords(OK));
  t.notThrows(() => requireNetworkWords({}));
  t.notThrows(() => requireNetworkWords({ hostname: '', domainname: '' }));
  t.notThrows(() => requireAliases(['db', 'db.local']));
});

test('network words: none begins another line, or another word', (t) => {
  for (const word of ['a\nb', 'a b', 'a\t', 'a#b', 'a\0', '\u001b[31m', 'a\u007f', 'a\rb']) {
    const refused = { code: 'OPTION_INVALID', message: /format: "a|format: "\\u001b/ };
    t.throws(() => requireNetworkWords({ hostname: word }), refused);
    t.throws(() => requireNetworkWords({ domainname: word }), refused);
    t.throws(() => requireNetworkWords({ dnsOptions: ['ndots:1', word] }), refused);
    t.throws(() => requireNetworkWords({ extraHosts: [{ name: word, address: '::1' }] }), refused);
    t.throws(() => requireNetworkWords({ extraHosts: [{ name: 'a', address: word }] }), refused);
    t.throws(() => requireAliases([word]), refused);
    t.throws(() => requireNetworkWords({ dns: [word] }), { message: /^".*" is not an ip address$/ });
    t.throws(() => requireNetworkWords({ dnsSearch: [word] }), { message: /^".*" is not a valid domain$/ });
  }
  for (const dns of ['', 'example.com', '192.0.2.1\n']) t.throws(() => requireNetworkWords({ dns: [dns] }));
  t.throws(() => requireAliases(['']));
});
