import test from 'ava';
import fc from 'fast-check';
import {
  blockText,
  contains,
  ipv4Text,
  lastOf,
  overlap,
  parseBlock,
  parseIpv4,
} from '../../../../src/sandbox/network/ipv4.js';

test('an address is the same after it was written and read', (t) => {
  fc.assert(
    fc.property(fc.ipV4(), (text) => {
      t.is(ipv4Text(parseIpv4(text)!), text);
    }),
  );
});

test('what is no address', (t) => {
  for (const text of ['', '1.2.3', '1.2.3.4.5', '1.2.3.256', '01.2.3.4', '1.2.3.-4', '1.2.3.4 ', '::1'])
    t.is(parseIpv4(text), undefined, text);
});

test('a block is cut to its prefix', (t) => {
  t.is(blockText(parseBlock('172.18.5.9/16')!), '172.18.0.0/16');
  t.is(ipv4Text(lastOf(parseBlock('10.1.2.0/30')!)), '10.1.2.3');
  t.is(blockText(parseBlock('1.2.3.4/0')!), '0.0.0.0/0');
  for (const text of ['172.18.0.0', '172.18.0.0/33', '172.18.0.0/', '172.18.0.0/016', 'x/8'])
    t.is(parseBlock(text), undefined, text);
});

test('blocks overlap when one holds the other', (t) => {
  const block = (text: string) => parseBlock(text)!;
  t.true(overlap(block('172.18.0.0/16'), block('172.18.3.0/24')));
  t.true(overlap(block('172.18.3.0/24'), block('172.16.0.0/12')));
  t.false(overlap(block('172.18.0.0/24'), block('172.18.1.0/24')));
  t.true(contains(block('10.0.0.0/8'), parseIpv4('10.255.255.255')!));
  t.false(contains(block('10.0.0.0/8'), parseIpv4('11.0.0.0')!));
});
