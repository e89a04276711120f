import { EventEmitter } from 'node:events';
import test from 'ava';
import { TsbuildError } from '../../../src/core/errors.js';
import { watchInterrupts } from '../../../src/cli/interrupts.js';

function setUp() {
  const source = new EventEmitter();
  const killed: number[] = [];
  return { source, killed, interrupts: watchInterrupts(source, (status) => killed.push(status)) };
}

test('the first signal aborts, once', (t) => {
  const { source, killed, interrupts } = setUp();
  let aborts = 0;
  interrupts.signal.addEventListener('abort', () => (aborts += 1));
  t.is(interrupts.exitStatus(), undefined);
  source.emit('SIGINT');
  source.emit('SIGINT');
  t.is(aborts, 1);
  t.is(interrupts.exitStatus(), 130);
  t.true(interrupts.signal.reason instanceof TsbuildError);
  t.deepEqual(killed, []);
});

test('the third kills, with the status of the first', (t) => {
  const { source, killed, interrupts } = setUp();
  source.emit('SIGTERM');
  source.emit('SIGINT');
  source.emit('SIGHUP');
  t.is(interrupts.exitStatus(), 143);
  t.deepEqual(killed, [143]);
});

test('hang-up is 129, and nothing is left behind', (t) => {
  const { source, interrupts } = setUp();
  source.emit('SIGHUP');
  t.is(interrupts.exitStatus(), 129);
  interrupts.dispose();
  t.deepEqual(source.eventNames(), []);
});
