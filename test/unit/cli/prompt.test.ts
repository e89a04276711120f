import test from 'ava';
import { PassThrough, Writable } from 'node:stream';
import { isInteractive, prompt } from '../../../src/cli/prompt.js';

/** A terminal on which `keys` are typed, and how its mode was set. */
function terminal(keys: readonly string[], signal = new AbortController().signal) {
  const modes: boolean[] = [];
  let shown = '';
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (isRaw: boolean) => void modes.push(isRaw),
  });
  for (const key of keys) stdin.write(key);
  const stderr = new Writable({
    write(chunk: Buffer, _encoding, done) {
      shown += chunk.toString();
      done();
    },
  });
  return { host: { stdin, stderr, signal }, modes, shown: () => shown };
}

test('a line is read up to its end; the terminal shows it itself', async (t) => {
  const { host, modes, shown } = terminal(['m', 'e\n']);
  t.true(isInteractive(host));
  t.is(await prompt('Username: ', host), 'me');
  t.is(shown(), 'Username: ');
  t.deepEqual(modes, []);
});

test('a secret is not shown; keys that erase do so', async (t) => {
  const { host, modes, shown } = terminal([
    'nö',
    'x',
    '\u007f',
    '\u007f\u007f',
    'abc',
    '\u0015',
    'gehéim',
    '\r',
  ]);
  t.is(await prompt('Password: ', host, { isSecret: true }), 'gehéim');
  t.is(shown(), 'Password: \n');
  t.deepEqual(modes, [true, false]);
});

test('the interrupt key and the signal end the question and leave the terminal in order', async (t) => {
  const typed = terminal(['abc\u0003']);
  t.like(await t.throwsAsync(prompt('?', typed.host, { isSecret: true })), { code: 'ABORTED' });
  t.deepEqual(typed.modes, [true, false]);
  const aborted = terminal([], AbortSignal.abort());
  t.like(await t.throwsAsync(prompt('?', aborted.host, { isSecret: true })), { code: 'ABORTED' });
  t.deepEqual(aborted.modes, [true, false]);
});

test('the end of the input is an empty answer', async (t) => {
  const { host } = terminal([]);
  host.stdin.end();
  t.is(await prompt('?', host), '');
});
