// Executes its arguments as a process that has a listener of seccomp notifications, as the manager of a container may
// give it one.
import { readFileSync } from 'node:fs';
import { fromUtf8 } from '../../src/core/bytes.js';
import { encodeProgram, RET_ALLOW, result } from '../../src/sandbox/seccomp/assemble-filter.js';
import { findProgram } from '../../src/host/find-program.js';
import { loadSyscalls } from '../../src/host/syscalls/system-calls.js';

/** Kept open: a filter whose listener is closed has none. */
const KEPT = 50;
const SPARE = 51;

const calls = await loadSyscalls();
const [name = '', ...args] = process.argv.slice(2);
if (process.getuid?.() !== 0) calls.forbidNewPrivileges();
calls.dup(calls.installTrappingFilter(encodeProgram([result(RET_ALLOW)])), KEPT);
// Node marks what it inherits as close-on-exec; descriptor 3 is its channel.
for (const fd of [0, 1, 2, 3]) {
  calls.dup(fd, SPARE);
  calls.dup(SPARE, fd);
}
calls.close(SPARE);
// Node takes out what it was told of its channel.
const env = readFileSync('/proc/self/environ', 'latin1').split('\0').slice(0, -1);
calls.execve(fromUtf8(findProgram(name) ?? name), [name, ...args], env);
