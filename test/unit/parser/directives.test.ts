// Parser directives and the value of `check=`.
import test from 'ava';
import { mergeCheckDirective, parseCheckDirective } from '../../../src/parser/check-directive.js';
import { detectCheck, parseDirectives } from '../../../src/parser/directives.js';

function directivesOf(text: string): unknown {
  return parseDirectives(text, 'Dockerfile').map(({ name, value, line }) => [name, value, line]);
}

test('the block at the top is read until a line that is no known directive', (t) => {
  t.deepEqual(directivesOf('\ufeff#syntax=a b \r\n  #  ESCAPE = `\r\n# check=skip=all\nFROM x'), [
    ['syntax', 'a b', 1],
    ['escape', '`', 2],
    ['check', 'skip=all', 3],
  ]);
  for (const first of ['', '# a comment', '# unknown=1', 'FROM x', '#!/x', '# escape=']) {
    t.deepEqual(directivesOf(`${first}\n# escape=\`\n`), []);
  }
});

test('the value of check ends at the first blank', (t) => {
  for (const [text, expected] of [
    ['# check=skip=A;error=true   # agreed with the platform team\nFROM x', 'skip=A;error=true'],
    ['# check=skip=A; error=true\nFROM x', 'skip=A;'],
    ['# Check = skip=all \r\nFROM x', 'skip=all'],
    ['# check=skip=A\tb\nFROM x', 'skip=A\tb'],
    ['# syntax=x y\n# escape=`\n# check=skip=A\n', 'skip=A'],
    ['#!/usr/bin/env x\n# check=skip=A\n', 'skip=A'],
    [' # check=skip=A\n', undefined],
    ['# a remark\n# check=skip=A\n', undefined],
    ['FROM x\n# check=skip=A\n', undefined],
  ] as const)
    t.is(detectCheck(text), expected, text);
});

test('a repeated directive and a wrong escape are refused with their line', (t) => {
  const repeated = t.throws(() => directivesOf('# escape=\\\n# Escape=`\n'), { code: 'DOCKERFILE_SYNTAX' });
  t.is(repeated?.message, 'only one escape parser directive can be used');
  t.like(repeated, { location: { startLine: 2 } });
  const wrong = t.throws(() => directivesOf('# syntax=x\n# escape=x\n'), { code: 'DOCKERFILE_SYNTAX' });
  t.is(wrong?.message, "invalid escape token 'x' does not match ` or \\");
  t.like(wrong, { location: { startLine: 2 } });
});

test('check options', (t) => {
  t.deepEqual(parseCheckDirective(' skip=A, B ; error = TRUE;experimental=all '), {
    skip: ['A', 'B'],
    experimental: 'all',
    isError: true,
  });
  t.deepEqual(parseCheckDirective(''), { skip: [], experimental: [], isError: false });
  t.throws(() => parseCheckDirective('x'), {
    message: 'failed to parse check options: invalid check option "x"',
  });
  t.throws(() => parseCheckDirective('a=b'), {
    message: 'failed to parse check options: invalid check option "a"',
  });
  t.throws(() => parseCheckDirective('error=maybe'), {
    message: /failed to parse check option "error=maybe"/,
  });
});

test('the options of one instruction add to those of the file', (t) => {
  const base = parseCheckDirective('skip=A;error=true');
  t.deepEqual(mergeCheckDirective(base, parseCheckDirective('skip=B;experimental=C')), {
    skip: ['A', 'B'],
    experimental: ['C'],
    isError: true,
  });
  t.is(mergeCheckDirective(base, parseCheckDirective('skip=all')).skip, 'all');
});
