// Addresses as Go's net.ParseIP takes them.
import { isIP } from 'node:net';
import test from 'ava';
import fc from 'fast-check';
import { isIpAddress } from '../../../src/plan/ip-address.js';

test('addresses of both kinds, and nothing that is none', (t) => {
  const property = fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => isIpAddress(address));
  fc.assert(property);
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.4.',
    '01.2.3.4',
    '256.1.1.1',
    '::1%lo',
    '[::1]',
    'a',
    'host:1',
    '1::2::3',
  ])
    t.false(isIpAddress(text), text);
});

test('as the kernel of Node sees it, for texts of the same letters', (t) => {
  const text = fc.string({ unit: fc.constantFrom('1', '2', '0', '.', ':', 'f'), maxLength: 12 });
  fc.assert(fc.property(text, (address) => isIpAddress(address) === isIP(address) > 0));
  t.pass();
});
