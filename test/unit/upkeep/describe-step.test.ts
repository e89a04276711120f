import test from 'ava';
import { describeStep } from '../../../src/upkeep/describe-step.js';

test('steps in words', (t) => {
  t.is(describeStep({ op: 'run', argv: ['/bin/sh', '-c', 'npm ci\n  && x'] }), 'RUN npm ci && x');
  t.is(describeStep({ op: 'run', argv: ['node', 'x.js'] }), 'RUN node x.js');
  t.is(
    describeStep({ op: 'run', argv: [], script: { name: 'a', content: 'echo 1\necho 2\n' } }),
    'RUN echo 1 echo 2',
  );
  t.is(describeStep({ op: 'copy', dest: '/app/' }), 'COPY … /app/');
  t.is(describeStep({ op: 'add', dest: '/x' }), 'ADD … /x');
  t.is(describeStep({ op: 'workdir', path: '/w' }), 'WORKDIR /w');
  t.is(describeStep({ op: 'files', dest: '' }), 'files for /');
  t.is(describeStep({ op: 'run', argv: ['x'.repeat(500)] }).length, 100);
});

test('inputs of another version are a step', (t) => {
  for (const inputs of [undefined, null, 1, {}, { op: 'other' }]) t.is(describeStep(inputs), 'a step');
});
