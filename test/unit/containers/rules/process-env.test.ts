import test from 'ava';
import { execEnv, processEnv } from '../../../../src/containers/rules/process-env.js';

const FACTS = { env: [], hostname: 'host', hasTerminal: false, home: '/root' };
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

test('without variables: the default path, the host name, the home', (t) => {
  t.deepEqual(processEnv(FACTS), [PATH, 'HOSTNAME=host', 'HOME=/root']);
});

test('a terminal brings TERM', (t) => {
  t.deepEqual(processEnv({ ...FACTS, hasTerminal: true }), [
    PATH,
    'HOSTNAME=host',
    'TERM=xterm',
    'HOME=/root',
  ]);
});

test('variables replace in place, further ones follow, the last of equal ones counts', (t) => {
  const env = ['A=1', 'PATH=/bin', 'HOSTNAME=other', 'A=2', 'HOME=/h', 'EMPTY=', 'EQ=a=b'];
  t.deepEqual(processEnv({ ...FACTS, env }), [
    'PATH=/bin',
    'HOSTNAME=other',
    'A=2',
    'HOME=/h',
    'EMPTY=',
    'EQ=a=b',
  ]);
});

test('a name alone removes, also what is there by default', (t) => {
  t.deepEqual(processEnv({ ...FACTS, env: ['A=1', 'A', 'PATH'] }), ['HOSTNAME=host', 'HOME=/root']);
});

test('a further process has the variables of the container and its own', (t) => {
  t.deepEqual(execEnv({ ...FACTS, env: ['A=1', 'B=2'], asked: ['B=3', 'A'] }), [
    PATH,
    'HOSTNAME=host',
    'B=3',
    'HOME=/root',
  ]);
});
