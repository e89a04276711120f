import test from 'ava';
import fc from 'fast-check';
import { parseOsRelease } from '../../../src/sbom/parse-os-release.js';

const parse = (text: string) => parseOsRelease(Buffer.from(text));

test('id and version make the release', (t) => {
  const debian = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n';
  t.deepEqual(parse(debian), { id: 'debian', release: 'debian-12' });
  t.deepEqual(parse("ID='alpine'\r\nVERSION_ID=3.20.1"), { id: 'alpine', release: 'alpine-3.20.1' });
  t.deepEqual(parse('ID=wolfi'), { id: 'wolfi', release: 'wolfi' });
});

test('without an id of that form nothing is known', (t) => {
  for (const text of ['', 'VERSION_ID=1', 'ID=', 'ID=$(x)', 'ID=a b', 'XID=debian'])
    t.is(parse(text), undefined);
});

test('any bytes are read', (t) => {
  t.notThrows(() => fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseOsRelease(bytes))));
});
