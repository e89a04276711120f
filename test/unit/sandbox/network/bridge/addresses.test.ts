import test from 'ava';
import fc from 'fast-check';
import { chooseAddress, macAddressOf } from '../../../../../src/sandbox/network/bridge/addresses.js';
import { contains, ipv4Text, parseBlock, parseIpv4 } from '../../../../../src/sandbox/network/ipv4.js';

const subnet = parseBlock('172.18.0.0/24')!;
const gateway = parseIpv4('172.18.0.1')!;
const none = new Set<number>();

test('members get the lowest free address, and never that of the gateway, the block or its broadcast', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 24, max: 30 }), fc.integer({ min: 0, max: 20 }), (prefixLength, count) => {
      const block = { first: subnet.first, prefixLength };
      const taken = new Set<number>();
      const room = 2 ** (32 - prefixLength) - 3;
      for (let i = 0; i < Math.min(count, room); i++) {
        const address = chooseAddress({ subnet: block, gateway, taken });
        t.true(contains(block, address) && !taken.has(address));
        t.is(address, gateway + 1 + i);
        taken.add(address);
      }
    }),
  );
  const full = new Set([parseIpv4('172.18.0.2')!]);
  t.throws(() => chooseAddress({ subnet: { first: subnet.first, prefixLength: 30 }, gateway, taken: full }), {
    code: 'NETWORK_ADDRESS',
    message: 'no available IPv4 addresses on this network',
  });
});

test('addresses that were not asked for come from the range', (t) => {
  const range = parseBlock('172.18.0.128/25')!;
  t.is(ipv4Text(chooseAddress({ subnet, gateway, range, taken: none })), '172.18.0.128');
});

test('a wanted address is free and of the subnet', (t) => {
  const wanted = (text: string, taken = none) => chooseAddress({ subnet, gateway, taken, wanted: text });
  t.is(ipv4Text(wanted('172.18.0.77')), '172.18.0.77');
  t.throws(() => wanted('172.18.0.77', new Set([parseIpv4('172.18.0.77')!])), {
    message: 'Address already in use: 172.18.0.77',
  });
  for (const bad of ['172.18.0.1', '172.18.0.0', '172.18.0.255', '172.19.0.2', 'x'])
    t.throws(() => wanted(bad), { code: 'NETWORK_ADDRESS' }, bad);
});

test('the address of an interface follows from that of the member', (t) => {
  t.is(macAddressOf(parseIpv4('172.18.0.2')!), '02:42:ac:12:00:02');
});
