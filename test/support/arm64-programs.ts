// Small programs for arm64 that need nothing of an image: what builds for another platform execute in tests. Each is
// machine code of a few system calls (arm64 numbers of unistd(2)); the comments are its source.
import { ELF_MACHINE, staticExecutable } from '../../src/sandbox/static-executable.js';

const program = (hex: string): Buffer =>
  staticExecutable(Buffer.from(hex, 'hex'), { machine: ELF_MACHINE.arm64 });

/** write(1, "hello\n", 6); mkdirat(AT_FDCWD, "/made", 0755); exit_group(0) */
export const HELLO = program(
  '200080d281010010c20080d2080880d2010000d4600c809201010050a23d80d2480480d2010000d4000080d2c80b80d2010000d4' +
    '68656c6c6f0a2f6d61646500',
);

/** uname(buffer); write(1, buffer.machine, 7); exit_group(0) */
export const MACHINE = program(
  'ff4306d1e0030091081480d2010000d4200080d2e1130491e20080d2080880d2010000d4000080d2c80b80d2010000d4',
);

/** write(1, argv[0], its length); exit(0) */
export const OWN_NAME = program(
  'e10740f9020080d2236862386300003442040091fdffff17200080d2080880d2010000d4000080d2c80b80d2010000d4',
);

/** Exits with 9 if fchmodat(AT_FDCWD, argv[1], 0) or openat(AT_FDCWD, argv[1], O_WRONLY) succeeds, else with 0. */
export const HARM = program(
  'e10b40f9f40301aa600c8092020080d2a80680d2010000d4f30300aa600c8092e10314aa220080d2080780d2010000d4' +
    '8000f8b6730000b4000080d202000014200180d2c80b80d2010000d4',
);
