import test from 'ava';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseRpm } from '../../../../src/sbom/rpm/parse-rpm.js';
import { projectRoot } from '../../../support/project-root.js';

/**
 * Made by fixtures/sbom/make-rpmdb.py: rows on several pages, tables of two levels, an index, a row that was deleted.
 */
const DATABASE = gunzipSync(readFileSync(join(projectRoot, 'fixtures/sbom/rpmdb.sqlite.gz')));

test('packages are read out of a database that SQLite wrote', (t) => {
  const { entries, broken } = parseRpm(DATABASE);
  t.is(broken, 0);
  t.is(entries.length, 301);
  t.deepEqual(entries.slice(0, 2), [
    {
      name: 'bash',
      version: '5.2.26-3.fc40',
      architecture: 'x86_64',
      upstream: 'bash-5.2.26-3.fc40.src.rpm',
      license: 'GPL-3.0-or-later',
      homepage: 'https://www.gnu.org/software/bash',
      supplier: 'Organization: Fedora Project',
    },
    {
      name: 'shadow-utils',
      version: '4.15.1-3.fc40',
      architecture: 'x86_64',
      epoch: '2',
      upstream: 'shadow-utils-4.15.1-3.fc40.src.rpm',
      license: 'BSD and GPLv2+',
      supplier: 'Organization: Fedora Project',
    },
  ]);
});

test('what is no database, or is cut, is broken', (t) => {
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from('SQLite format 3\0'),
    Buffer.alloc(4096),
    Buffer.from('x'),
  ])
    t.deepEqual(parseRpm(bytes), { entries: [], broken: 1 });
  const { entries, broken } = parseRpm(DATABASE.subarray(0, DATABASE.length / 2));
  t.is(broken, 1);
  t.true(entries.length < 301);
});

test('a page that is its own descendant ends the walk', (t) => {
  const forged = Buffer.from(DATABASE);
  const isInterior = (page: number) => page > 0 && forged[page * 1024] === 5;
  const pages = Array.from({ length: forged.length / 1024 }, (_, page) => page).filter(isInterior);
  for (const page of pages) forged.writeUInt32BE(page + 1, page * 1024 + 8);
  t.true(pages.length > 0);
  t.is(parseRpm(forged).broken, 1);
});

test('a database with any bytes changed is read to an end', (t) => {
  const change = fc.tuple(fc.nat(DATABASE.length - 1), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 40 }), (changes) => {
      const forged = Buffer.from(DATABASE);
      for (const [at, byte] of changes) forged[at] = byte;
      t.true(parseRpm(forged).entries.length <= 400);
    }),
    { numRuns: 200 },
  );
});
