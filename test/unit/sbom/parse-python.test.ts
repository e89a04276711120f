import test from 'ava';
import fc from 'fast-check';
import { parsePython } from '../../../src/sbom/parse-python.js';

const only = (text: string) => parsePython(Buffer.from(text)).entries[0];

test('the fields before the description are read', (t) => {
  t.deepEqual(
    only(`Metadata-Version: 2.1
Name: Flask_Login
Version: 0.6.3
Home-page: https://github.com/maxcountryman/flask-login
Author: Matthew Frazier
Author-email: leafstormrush@gmail.com
License: MIT
Classifier: License :: OSI Approved :: MIT License

Name: of the description
`),
    {
      name: 'Flask_Login',
      version: '0.6.3',
      license: 'MIT',
      homepage: 'https://github.com/maxcountryman/flask-login',
      originator: 'Person: Matthew Frazier (leafstormrush@gmail.com)',
    },
  );
});

test('an expression comes before a license, an address may hold the name, UNKNOWN says nothing', (t) => {
  t.deepEqual(
    only(
      'Name: a\nLicense: UNKNOWN\nLicense-Expression: BSD-3-Clause\nHome-page: UNKNOWN\nAuthor-email: "X" <x@y.z>\n',
    ),
    { name: 'a', license: 'BSD-3-Clause', originator: 'Person: X (x@y.z)' },
  );
});

test('of a license text the first line is kept', (t) => {
  t.is(only('Name: a\nLicense: MIT License\n  Copyright\n   (c)\n')?.license, 'MIT License');
});

test('a file without a name is broken', (t) => {
  for (const text of ['', '\n\n', 'Version: 1\n', '\u0000\u0001'])
    t.deepEqual(parsePython(Buffer.from(text)), { entries: [], broken: 1 });
});

test('any bytes are read', (t) => {
  t.notThrows(() => fc.assert(fc.property(fc.uint8Array(), (bytes) => void parsePython(bytes))));
});
