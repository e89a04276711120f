import test from 'ava';
import fc from 'fast-check';
import { parseNpm } from '../../../src/sbom/parse-npm.js';

const parse = (json: unknown, folder = 'folder') => parseNpm(Buffer.from(JSON.stringify(json)), folder);
const only = (json: unknown) => parse(json).entries[0];

test('a package says its name, version, license and author', (t) => {
  t.deepEqual(
    only({
      name: '@scope/a',
      version: '1.2.3-rc.1+build',
      license: 'MIT',
      author: 'Jane Doe <jane@example.com> (https://example.com)',
      homepage: 'https://example.com/a',
      dependencies: { b: '1' },
    }),
    {
      name: '@scope/a',
      version: '1.2.3-rc.1+build',
      license: 'MIT',
      homepage: 'https://example.com/a',
      originator: 'Person: Jane Doe (jane@example.com)',
    },
  );
});

test('old forms of licenses and authors are read', (t) => {
  t.is(only({ license: { type: 'BSD', url: 'x' } })?.license, 'BSD');
  t.is(only({ licenses: [{ type: 'MIT' }, { type: 'GPL-2.0' }] })?.license, '(MIT OR GPL-2.0)');
  t.is(only({ licenses: [{ type: 'MIT' }] })?.license, 'MIT');
  t.is(only({ author: { name: 'The X Authors' } })?.originator, 'Organization: The X Authors');
  t.is(only({ author: { name: 'A', email: 'a@b' } })?.originator, 'Person: A (a@b)');
  t.is(only({ author: '<a@b>' })?.originator, 'Person: a@b');
});

test('the folder names a package that has no name', (t) => {
  t.deepEqual(parse({ version: '1' }, '@scope/b').entries, [{ name: '@scope/b', version: '1' }]);
});

test('what is no object of JSON is broken; members of other types are not there', (t) => {
  for (const text of ['', '{', '[]', '"x"', 'null', '{"name":"a"'])
    t.deepEqual(parseNpm(Buffer.from(text), 'f'), { entries: [], broken: 1 });
  t.deepEqual(parse({ name: 'a', version: 1, license: 5, author: { name: {} }, homepage: [] }).entries, [
    { name: 'a' },
  ]);
  t.deepEqual(parseNpm(Buffer.from('\uFEFF{"name":"a"}'), 'f').entries, [{ name: 'a' }]);
});

test('any JSON is read', (t) => {
  const member = fc.constantFrom('name', 'version', 'license', 'licenses', 'author', 'homepage', '__proto__');
  const json = fc.oneof(fc.dictionary(member, fc.jsonValue()), fc.jsonValue());
  t.notThrows(() => fc.assert(fc.property(json, (value) => void parse(value))));
});
