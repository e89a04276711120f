// Comma separated values as Go's encoding/csv reads one line of them.
import test from 'ava';
import fc from 'fast-check';
import { parseCsvFields } from '../../../src/parser/csv-fields.js';

const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`;

test('quoted fields come back as they were, commas and quotes in them too', (t) => {
  const property = fc.property(fc.array(fc.string(), { minLength: 1 }), (fields) => {
    t.deepEqual(parseCsvFields(fields.map(quoted).join(','), 'mounts'), fields);
  });
  fc.assert(property);
});

test('bare fields', (t) => {
  t.deepEqual(parseCsvFields('a=b,,c', 'mounts'), ['a=b', '', 'c']);
  for (const [text, message] of [
    ['', 'failed to parse csv mounts: EOF'],
    ['a"b', 'failed to parse csv mounts: parse error on line 1, column 2: bare " in non-quoted field'],
    [
      '"a"b',
      'failed to parse csv mounts: parse error on line 1, column 3: extraneous or missing " in quoted-field',
    ],
    [
      '"a',
      'failed to parse csv mounts: parse error on line 1, column 3: extraneous or missing " in quoted-field',
    ],
  ] as const)
    t.throws(() => parseCsvFields(text, 'mounts'), { message, code: 'DOCKERFILE_SYNTAX' });
});
