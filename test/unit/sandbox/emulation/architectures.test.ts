// How the kernel knows programs of an architecture. The golden bytes are those that QEMU registers
// (scripts/qemu-binfmt-conf.sh, /usr/lib/binfmt.d of Debian).
import test from 'ava';
import {
  ARCHITECTURES,
  architectureOf,
  architectureOfProgram,
  headerOf,
  isRelated,
  matches,
  patternOf,
} from '../../../../src/sandbox/emulation/architectures.js';
import { HELLO } from '../../../support/arm64-programs.js';

/** `e_type` and `e_machine` of a program, as QEMU's lines end. */
const ENDS: Readonly<Record<string, string>> = {
  amd64: '02003e00',
  arm64: '0200b700',
  arm: '02002800',
  '386': '02000300',
  riscv64: '0200f300',
  ppc64le: '02001500',
  ppc64: '00020015',
  s390x: '00020016',
  loong64: '02000201',
  mips64le: '02000800',
  mips64: '00020008',
  mipsle: '02000800',
  mips: '00020008',
};

test('the patterns are those of QEMU, where they say what a program is for', (t) => {
  t.deepEqual(Object.keys(ENDS).toSorted(), ARCHITECTURES.map(({ name }) => name).toSorted());
  for (const architecture of ARCHITECTURES) {
    const { magic, mask } = patternOf(architecture);
    const { name, bits, isBigEndian } = architecture;
    const start = `7f454c46${bits === 64 ? '02' : '01'}${isBigEndian ? '02' : '01'}01`;
    t.is(magic.toString('hex', 0, 20), `${start}${'00'.repeat(9)}${ENDS[name]}`, name);
    t.is(mask.toString('hex', 0, 7), 'ff'.repeat(7));
    t.is(mask.toString('hex', 16, 20), isBigEndian ? 'fffeffff' : 'feffffff');
    t.is(magic.length, mask.length);
  }
});

test('every program matches its own architecture alone, movable or not, whatever system it was made for', (t) => {
  for (const architecture of ARCHITECTURES)
    for (const isMovable of [false, true]) {
      const header = headerOf(architecture, { isMovable });
      for (const system of [0, 3, 9]) {
        header[7] = system;
        const found = ARCHITECTURES.filter((other) => matches(patternOf(other), header));
        t.deepEqual(found, [architecture]);
      }
    }
});

test('programs of MIPS with other addresses are of no architecture', (t) => {
  for (const name of ['mips', 'mipsle', 'mips64', 'mips64le']) {
    const n32 = { ...architectureOf(name)!, flags: 0x20 };
    t.is(architectureOfProgram(headerOf(n32)), undefined);
  }
});

test('what a file is a program for', (t) => {
  t.is(architectureOfProgram(HELLO), 'arm64');
  for (const length of [0, 1, 19]) t.is(architectureOfProgram(HELLO.subarray(0, length)), undefined);
  t.is(architectureOfProgram(Buffer.from('#!/bin/sh\n'.repeat(10))), undefined);
  const library = Buffer.from(HELLO);
  library[16] = 4;
  t.is(architectureOfProgram(library), undefined, 'a core dump');
});

test('processors execute programs of their smaller relatives', (t) => {
  t.true(isRelated('amd64', '386'));
  t.true(isRelated('arm64', 'arm'));
  t.false(isRelated('386', 'amd64'));
  t.false(isRelated('riscv64', 'arm'));
});
