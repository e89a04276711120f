// STOPSIGNAL values.
import test from 'ava';
import { assertSignal } from '../../../src/plan/signal.js';

const location = { file: 'Dockerfile', startLine: 1, endLine: 1 };

test('names with and without SIG in any case, real-time signals, numbers but 0', (t) => {
  for (const text of [
    'TERM',
    'sigterm',
    'RTMIN',
    'SIGRTMIN+15',
    'rtmax-14',
    '9',
    '-1',
    '9223372036854775807',
  ])
    t.notThrows(() => assertSignal(text, location), text);
  for (const text of ['', '0', '00', 'NOPE', 'RTMIN+16', 'RTMAX-15', 'RTMIN+0', '9223372036854775808', '1x'])
    t.throws(() => assertSignal(text, location), { message: `invalid signal: ${text}` }, text);
});
