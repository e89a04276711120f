// Names and dates of the file that a URL stands for.
import test from 'ava';
import fc from 'fast-check';
import { fileNameOfUrl, parseHttpDate } from '../../../../src/context/remote/url-file.js';
import { toUtf8 } from '../../../../src/core/bytes.js';

test('names', (t) => {
  const name = (url: string): string => toUtf8(fileNameOfUrl(url));
  t.is(name('https://h/a/b.tgz'), 'b.tgz');
  t.is(name('https://h/a/b.tgz?x=/y/z#/q'), 'b.tgz');
  t.is(name('https://h/a%20b/%C3%A9'), 'é');
  t.is(name('https://h/a/'), 'a');
  t.is(name('https://h/a%2Fb'), 'b');
  for (const url of [
    'https://h',
    'https://h/',
    'https://h/..',
    'https://h/%2e%2e',
    'https://h/x%2f..',
    'https://h/%00',
    'https://h/%ff',
    'nonsense',
  ]) {
    t.is(name(url), '__unnamed__', url);
  }
});

test('a name is one component, whatever the URL', (t) => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.string(), (url, tail) => {
      const name = fileNameOfUrl(`${url}/${tail}`);
      return name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name);
    }),
  );
  t.pass();
});

test('dates', (t) => {
  const seconds = Date.UTC(1994, 10, 6, 8, 49, 37) / 1000;
  for (const date of [
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
  ])
    t.is(parseHttpDate(date), seconds, date);
  for (const bad of ['', '0', 'yesterday', '2015-10-21', 'Sun, nonsense'])
    t.is(parseHttpDate(bad), undefined, bad);
});
