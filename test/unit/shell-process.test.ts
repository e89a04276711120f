import test from 'ava';
import { shellProcess } from '../../src/shell-process.js';
import type { MountSpec } from '../../src/worker/sandbox.js';

const CACHE: MountSpec = {
  type: 'cache',
  target: '/c',
  id: 'c',
  sharing: 'shared',
  isReadonly: false,
  mode: 0o755,
  uid: 0,
  gid: 0,
  isReset: true,
};

test('a shell is as the command was, with its words, a terminal, and caches as they are', (t) => {
  const failed = { argv: ['make'], env: ['A=1'], mounts: [CACHE], cwd: '/w' };
  const shell = shellProcess(failed, { term: 'xterm' });
  t.is(shell.argv[0], '/bin/sh');
  t.deepEqual(shell, {
    argv: shell.argv,
    env: ['A=1', 'TERM=xterm'],
    mounts: [{ ...CACHE, isReset: false }],
    cwd: '/w',
  });
  t.deepEqual(shellProcess(failed, { argv: ['ls'] }).argv, ['ls']);
  t.deepEqual(shellProcess(failed, {}).env, ['A=1']);
  t.deepEqual(shellProcess({ ...failed, env: ['TERM=dumb'] }, { term: 'xterm' }).env, ['TERM=dumb']);
});
