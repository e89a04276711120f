import test from 'ava';
import { ARCHITECTURES, architectureOf } from '../../../../src/sandbox/emulation/architectures.js';
import { registerLine, type Emulator } from '../../../../src/sandbox/emulation/register-line.js';

const ARM64 = architectureOf('arm64')!;

function emulator(changes: Partial<Emulator> = {}): Emulator {
  return { architecture: 'arm64', path: '/usr/bin/qemu-aarch64-static', takesName: true, ...changes };
}

test('the bytes that are written', (t) => {
  t.is(
    registerLine(emulator(), ARM64)?.toString(),
    String.raw`:aarch64:M::\x7f\x45\x4c\x46\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00` +
      String.raw`:\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\xfe\xff\xff\xff` +
      ':/usr/bin/qemu-aarch64-static:PCF',
  );
});

test('an emulator that does not take the name of the program is not given it', (t) => {
  t.true(
    registerLine(emulator({ takesName: false }), ARM64)
      ?.toString()
      .endsWith('static:CF'),
  );
});

test('fields are separated by what the path does not have', (t) => {
  t.regex(
    registerLine(emulator({ path: '/a:b/q' }), ARM64)!.toString(),
    /^\|aarch64\|M\|\|.*\|\/a:b\/q\|PCF$/,
  );
  t.regex(registerLine(emulator({ path: '/a:|;,b/q' }), ARM64)!.toString(), /^\x01aarch64\x01M/);
  t.is(registerLine(emulator({ path: '/a:|;,\x01b/q' }), ARM64), undefined);
});

test('a line is never longer than the kernel reads, and has no NUL', (t) => {
  t.is(registerLine(emulator({ path: `/${'x'.repeat(1900)}` }), ARM64), undefined);
  for (const architecture of ARCHITECTURES) {
    const line = registerLine(emulator({ architecture: architecture.name }), architecture)!;
    t.false(line.includes(0));
    t.true(line.length < 1920);
  }
});
