// A process may be killed at any moment of its call: what the supervisor then does not find is no failure of its own.
import test from 'ava';
import { handlersByNumber } from '../../../../src/sandbox/notify/handlers.js';
import { createAnswering } from '../../../../src/sandbox/notify/supervise.js';
import type { SupervisedCommand } from '../../../../src/sandbox/notify/watched-call.js';
import { credentialsOf } from '../../../../src/sandbox/notify/credentials.js';
import { AUDIT_ARCH } from '../../../../src/sandbox/seccomp/assemble-filter.js';
import { syscallNumbers } from '../../../../src/sandbox/seccomp/syscall-numbers.js';
import type { NotifyCalls } from '../../../../src/host/syscalls/notify-calls.js';

const machine = process.arch === 'arm64' ? 'arm64' : 'x64';

/** A step in which an ordinary user calls mkdirat("/d"), in a directory that everybody may write to. */
function callingStep(calls: Partial<NotifyCalls>) {
  const responses: Buffer[] = [];
  const made: string[] = [];
  const all: Partial<NotifyCalls> = {
    receive(_, notification) {
      notification.fill(0).writeUInt32LE(4242, 8);
      notification.writeInt32LE(syscallNumbers(machine).get('mkdirat')!, 16);
      notification.writeUInt32LE(AUDIT_ARCH[machine], 20);
      return 0;
    },
    respond: (_, response) => responses.push(Buffer.from(response)),
    isValid: () => true,
    readMemory(_, __, into) {
      into.write('/d\0', 'latin1');
      return 3;
    },
    openInRoot: () => 9,
    open: () => 9,
    close: () => {},
    stat(_, into) {
      into.fill(0);
      into.writeUInt32LE(0o041777, machine === 'x64' ? 24 : 16);
      return 0;
    },
    fileSystemOf: () => 0xef53,
    getXattr: () => -61,
    setXattr: () => 0,
    removeXattr: () => 0,
    makeDirectory(_, name) {
      made.push(String(name));
      return 0;
    },
    readProcess: () => 'Name:\tsh\nUmask:\t0022\n',
    ...calls,
  };
  const credentials = credentialsOf({ uid: 1000, gid: 1000, groups: [] });
  const step: SupervisedCommand = {
    calls: all as NotifyCalls,
    listener: 7,
    root: 8,
    credentials: {
      of: () => credentials,
      set: () => undefined,
      setOnExecution: () => undefined,
      isAllRoot: () => false,
    },
    mayHaveOtherRoots: false,
  };
  return { step, responses, made };
}

test('a call of a process that is there is made and answered', (t) => {
  const { step, responses, made } = callingStep({});
  createAnswering(handlersByNumber)(step);
  t.is(made.length, 1);
  t.is(responses.length, 1);
  t.is(responses[0]!.readInt32LE(16), 0);
});

test('a process whose status is gone, or has no umask any more, makes nothing', (t) => {
  for (const text of ['', 'Name:\tsh\nState:\tZ (zombie)\n']) {
    const { step, made } = callingStep({ readProcess: () => text });
    createAnswering(handlersByNumber)(step);
    t.deepEqual(made, []);
  }
});

test('what fails for a process that is gone is no failure; for one that waits it is', (t) => {
  const readMemory = (): never => {
    throw new Error('ENOENT');
  };
  const gone = callingStep({ readMemory, isValid: () => false });
  createAnswering(handlersByNumber)(gone.step);
  t.deepEqual(gone.responses, []);
  t.throws(() => createAnswering(handlersByNumber)(callingStep({ readMemory }).step), { message: 'ENOENT' });
});
