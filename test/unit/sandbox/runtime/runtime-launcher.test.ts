// A program that waits goes on in its control group, or not at all; one that never started moves nobody.
import test from 'ava';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { releaseIntoGroup } from '../../../../src/sandbox/runtime/runtime-launcher.js';

test('a program goes on when it is in its group', async (t) => {
  const child = spawn('/bin/sh', ['-c', 'read -r go && exit 7'], { stdio: ['pipe', 'ignore', 'ignore'] });
  const added: number[] = [];
  releaseIntoGroup(child, { add: (pid) => void added.push(pid) });
  t.deepEqual(await once(child, 'exit'), [7, null]);
  t.deepEqual(added, [child.pid]);
});

test('a program that did not start puts nothing into the group', async (t) => {
  const child = spawn('/does/not/exist', [], { stdio: ['pipe', 'ignore', 'ignore'] });
  const failed = once(child, 'error');
  releaseIntoGroup(child, { add: (pid) => t.fail(`${pid} was moved`) });
  const [error] = (await failed) as [NodeJS.ErrnoException];
  t.is(error.code, 'ENOENT');
});

test('a program that cannot be moved into its group does not go on waiting', async (t) => {
  const child = spawn('/bin/sh', ['-c', 'read -r go && exit 7'], { stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = once(child, 'exit');
  const refuse = (): never => {
    throw new Error('the kernel refuses');
  };
  t.throws(() => releaseIntoGroup(child, { add: refuse }), { message: 'the kernel refuses' });
  t.deepEqual(await ended, [null, 'SIGKILL']);
});
