import test from 'ava';
import fc from 'fast-check';
import { chooseAddresses } from '../../../../src/containers/networks/subnets.js';
import { overlap, parseBlock, type Ipv4Block } from '../../../../src/sandbox/network/ipv4.js';

const blocks = (...texts: readonly string[]): Ipv4Block[] => texts.map((text) => parseBlock(text)!);

test('a network gets the first free block of the pools', (t) => {
  t.deepEqual(chooseAddresses({}, []), { subnet: '172.18.0.0/24', gateway: '172.18.0.1' });
  t.is(chooseAddresses({}, blocks('172.18.0.0/16')).subnet, '172.19.0.0/24');
  t.is(chooseAddresses({}, blocks('172.16.0.0/12')).subnet, '192.168.0.0/24');
  t.throws(() => chooseAddresses({}, blocks('172.16.0.0/12', '192.168.0.0/16')), {
    code: 'NETWORK_ADDRESS',
    message: /^could not find an available, non-overlapping IPv4 address pool/,
  });
});

test('no two networks overlap', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), (count) => {
      const used: Ipv4Block[] = [];
      for (let i = 0; i < count; i++) {
        const block = parseBlock(chooseAddresses({}, used).subnet)!;
        t.false(used.some((other) => overlap(block, other)));
        used.push(block);
      }
    }),
    { numRuns: 5 },
  );
});

test('a wanted subnet, gateway and range', (t) => {
  t.deepEqual(chooseAddresses({ subnet: '10.5.1.9/16', gateway: '10.5.0.254', ipRange: '10.5.2.0/24' }, []), {
    subnet: '10.5.0.0/16',
    gateway: '10.5.0.254',
    ipRange: '10.5.2.0/24',
  });
  t.is(chooseAddresses({ subnet: '10.5.0.0/16', ipRange: '10.5.2.0/24' }, []).gateway, '10.5.2.1');
});

test('what cannot be had is refused in the words of docker', (t) => {
  const message = (request: Parameters<typeof chooseAddresses>[0], ...used: readonly string[]): string =>
    t.throws(() => chooseAddresses(request, blocks(...used)), { code: 'NETWORK_ADDRESS' })!.message;
  t.is(
    message({ subnet: '10.5.0.0/16' }, '10.0.0.0/8'),
    'Pool overlaps with other one on this address space: 10.5.0.0/16',
  );
  t.is(message({ subnet: '10.5.0.0/16', gateway: '10.6.0.1' }), 'no matching subnet for gateway 10.6.0.1');
  t.is(
    message({ subnet: '10.5.0.0/16', ipRange: '10.6.0.0/24' }),
    'no matching subnet for range 10.6.0.0/24',
  );
  t.regex(message({ gateway: '10.6.0.1' }), /must have a corresponding subnet$/);
  t.is(message({ subnet: 'x' }), 'invalid subnet x: invalid CIDR address');
  t.is(message({ subnet: 'fd00::/64' }), 'invalid subnet fd00::/64: networks of IPv6 are not supported');
  t.is(message({ subnet: '10.0.0.0/31' }), 'invalid subnet 10.0.0.0/31: it has no room for a container');
});
