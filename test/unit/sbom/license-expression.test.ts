import test from 'ava';
import fc from 'fast-check';
import { licenseExpression } from '../../../src/sbom/license-expression.js';

test('expressions of identifiers on the list are kept', (t) => {
  for (const text of [
    'MIT',
    'GPL-2.0-only',
    'GPL-2.0+',
    '(MIT OR Apache-2.0)',
    'MIT AND (BSD-3-Clause OR GPL-2.0-or-later WITH Classpath-exception-2.0)',
  ])
    t.is(licenseExpression(text), text);
});

test('other texts are not asserted', (t) => {
  for (const text of [
    undefined,
    '',
    'MIT License',
    'mit',
    'Apache 2.0',
    'UNLICENSED',
    'SEE LICENSE IN LICENSE.md',
    'LicenseRef-own',
    'DocumentRef-a:LicenseRef-b',
    'MIT OR',
    'MIT MIT',
    ',,,MIT',
    `${'('.repeat(100_000)}MIT`,
    `${'MIT OR '.repeat(100_000)}MIT`,
  ])
    t.is(licenseExpression(text), 'NOASSERTION');
});

test('any text is an expression or is not asserted', (t) => {
  const words = fc
    .array(fc.constantFrom('MIT', 'OR', 'AND', 'WITH', '(', ')', '+', ' ', ':', 'x'))
    .map((all) => all.join(' '));
  t.notThrows(() =>
    fc.assert(fc.property(fc.oneof(words, fc.string()), (text) => void licenseExpression(text))),
  );
});
