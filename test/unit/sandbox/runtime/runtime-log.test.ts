import test from 'ava';
import { lastError, startFailure } from '../../../../src/sandbox/runtime/runtime-log.js';

const crun = { name: 'crun', program: '/usr/bin/crun' };

test('the last error of a log, whatever else is in it', (t) => {
  const log =
    '{"level":"error","msg":"first"}\n{"level":"warning","msg":"w"}\ntext\n{"level":"error","msg":"last"}\n{"lev';
  t.is(lastError(log), 'last');
  t.is(lastError(''), undefined);
});

test('a command that is not there is the fault of the Dockerfile, all else of the host', (t) => {
  const lost = 'executable file `x` not found in $PATH: No such file or directory';
  t.like(startFailure(crun, lost, 'x'), {
    code: 'STEP_NOT_FOUND',
    message: 'exec: "x": executable file not found in $PATH',
    exitCode: 127,
  });
  const stat =
    'runc run failed: unable to start container process: exec: "/x": stat /x: no such file or directory';
  t.like(startFailure(crun, stat, '/x'), {
    code: 'STEP_NOT_FOUND',
    message: 'exec: "/x": stat /x: no such file or directory',
  });
  t.like(startFailure(crun, 'exec: "/x": permission denied', '/x'), {
    code: 'STEP_NOT_FOUND',
    exitCode: 126,
  });
  t.like(startFailure(crun, 'mount `proc`: EPERM', 'x'), {
    code: 'SANDBOX_FAILED',
    message: 'crun cannot start the command: mount `proc`: EPERM',
  });
});
