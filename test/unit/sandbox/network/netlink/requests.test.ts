// The requests as bytes. The values are laid out by linux/rtnetlink.h and linux/if_link.h.
import test from 'ava';
import { encodeMessage } from '../../../../../src/sandbox/network/netlink/message.js';
import {
  deleteLink,
  linkOf,
  listLinks,
  newAddress,
  newBridge,
  newDefaultRoute,
  newVethPair,
  setLinkUp,
  type Request,
} from '../../../../../src/sandbox/network/netlink/requests.js';
import { parseIpv4 } from '../../../../../src/sandbox/network/ipv4.js';

function bytes(request: Request): string {
  return encodeMessage({ ...request, sequence: 7 }).toString('hex');
}

function golden(...parts: readonly string[]): string {
  return parts.join('').replaceAll(' ', '');
}

test('a bridge', (t) => {
  t.is(
    bytes(newBridge('br0', '02:42:ac:12:00:01')),
    golden(
      '44000000 1000 0506 07000000 00000000',
      '00 00 0000 00000000 00000000 00000000',
      '0800 0300 62723000',
      '0a00 0100 0242ac120001 0000',
      '1000 1200 0a00 0100 627269646765 0000',
    ),
  );
});

test('a pair of interfaces whose other end is in another namespace', (t) => {
  const pair = {
    name: 'v1',
    master: 3,
    mtu: 65_520,
    peer: { name: 'eth0', macAddress: '02:42:ac:12:00:02', namespace: 5 },
  };
  t.is(
    bytes(newVethPair(pair)),
    golden(
      '84000000 1000 0506 07000000 00000000',
      '00 00 0000 00000000 01000000 01000000',
      '0700 0300 763100 00',
      '0800 0400 f0ff0000',
      '0800 0a00 03000000',
      '4c00 1200',
      '0800 0100 76657468',
      '4000 0200 3c00 0100',
      '00 00 0000 00000000 00000000 00000000',
      '0900 0300 6574683000 000000',
      '0a00 0100 0242ac120002 0000',
      '0800 0400 f0ff0000',
      '0800 1c00 05000000',
    ),
  );
});

test('an address, a route, an interface set up, one taken away, and the list of them', (t) => {
  const address = parseIpv4('172.18.0.2')!;
  const broadcast = parseIpv4('172.18.0.255')!;
  t.is(
    bytes(newAddress({ index: 2, address, prefixLength: 24, broadcast })),
    golden(
      '30000000 1400 0506 07000000 00000000',
      '02 18 00 00 02000000',
      '0800 0200 ac120002',
      '0800 0100 ac120002',
      '0800 0400 ac1200ff',
    ),
  );
  t.is(
    bytes(newDefaultRoute(2, parseIpv4('172.18.0.1')!)),
    golden(
      '2c000000 1800 0506 07000000 00000000',
      '02 00 00 00 fe 03 00 01 00000000',
      '0800 0500 ac120001',
      '0800 0400 02000000',
    ),
  );
  t.is(
    bytes(setLinkUp(2)),
    golden('20000000 1000 0500 07000000 00000000', '00 00 0000 02000000 01000000 01000000'),
  );
  t.is(
    bytes(deleteLink(2)),
    golden('20000000 1100 0500 07000000 00000000', '00 00 0000 02000000 00000000 00000000'),
  );
  t.is(
    bytes(listLinks()),
    golden('20000000 1200 0103 07000000 00000000', '00 00 0000 00000000 00000000 00000000'),
  );
});

test('what the kernel says of an interface', (t) => {
  const body = Buffer.from(
    golden(
      '00 00 0100 09000000 43100100 00000000',
      '0900 0300 6574683000 000000',
      '0a00 0100 0242ac120002 0000',
    ),
    'hex',
  );
  const link = { index: 9, name: 'eth0', isUp: true, macAddress: '02:42:ac:12:00:02' };
  t.deepEqual(linkOf({ type: 16, sequence: 1, body }), link);
  t.is(linkOf({ type: 20, sequence: 1, body }), undefined);
  t.is(linkOf({ type: 16, sequence: 1, body: body.subarray(0, 8) }), undefined);
});
