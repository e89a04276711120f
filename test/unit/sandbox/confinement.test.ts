import test from 'ava';
import { confinementOf, describeConfinement } from '../../../src/sandbox/confinement.js';

/** Bits of linux/landlock.h: 13 rights of the first version, then REFER, TRUNCATE and IOCTL_DEV. */
const BITS = { 1: 0, 2: 14, 3: 15, 4: 15, 5: 16, 6: 16, 7: 16, 100: 16 };

for (const [version, bits] of Object.entries(BITS))
  test(`version ${version} of Landlock: ${bits} rights are bound to the root`, (t) => {
    const confinement = confinementOf(Number(version));
    t.is(confinement.rights, (1n << BigInt(bits)) - 1n);
    t.is(confinement.isApart, Number(version) >= 6);
  });

test('without Landlock nothing is bound', (t) => {
  for (const none of [0, -1, -38, -95])
    t.deepEqual(confinementOf(none), { version: none, rights: 0n, isApart: false });
});

const WORDS = {
  7: 'Landlock (version 7) keeps steps apart from each other and from other processes',
  5: /one at a time.*Linux 6\.12/,
  0: /one at a time.*has no Landlock$/,
  '-38': /one at a time.*has no Landlock$/,
  '-95': /one at a time.*not enabled/,
  '-1': /one at a time.*seccomp filter of this container/,
} as const;

for (const [version, expected] of Object.entries(WORDS))
  test(`what is said of version ${version}`, (t) => {
    const words = describeConfinement(confinementOf(Number(version)));
    if (typeof expected === 'string') t.is(words, expected);
    else t.regex(words, expected);
  });
