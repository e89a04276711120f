// Where a blob was seen.
import test from 'ava';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../../../src/core/digest.js';
import { parseReference, repositoryName } from '../../../src/oci/reference.js';
import { rememberBlobs, repositoriesWith } from '../../../src/store/known-blobs.js';
import { openStore } from '../../../src/store/store.js';
import { tempDir } from '../../support/temp-store.js';

const [one, two] = [digestOf('one'), digestOf('two')];

test('the latest repository comes first; a registry is asked for its own, or all are', (t) => {
  const { paths } = openStore(tempDir(t));
  t.deepEqual(repositoriesWith(paths, one), []);
  for (const name of ['r.test/a', 'r.test/b', 's.test/c', 'r.test/a'])
    rememberBlobs(paths, parseReference(name), [one]);
  const named = (domain?: string) => repositoriesWith(paths, one, domain).map(repositoryName);
  t.deepEqual(named('r.test'), ['r.test/a', 'r.test/b']);
  t.deepEqual(named().toSorted(), ['r.test/a', 'r.test/b', 's.test/c']);
  t.deepEqual(repositoriesWith(paths, two), []);
});

test('few repositories are kept of a blob, and the blobs that were seen last', (t) => {
  const { paths } = openStore(tempDir(t));
  for (const name of ['a', 'b', 'c', 'd', 'e']) rememberBlobs(paths, parseReference(`r.test/${name}`), [one]);
  t.deepEqual(
    repositoriesWith(paths, one).map(({ path }) => path),
    ['e', 'd', 'c', 'b'],
  );
  const many = Array.from({ length: 4096 }, (_, n) => digestOf(String(n)));
  rememberBlobs(paths, parseReference('r.test/a'), many);
  t.deepEqual(repositoriesWith(paths, one), []);
  t.is(repositoriesWith(paths, many[0]!).length, 1);
});

test('a damaged file is as good as none', (t) => {
  const { paths } = openStore(tempDir(t));
  const reference = parseReference('r.test/a');
  rememberBlobs(paths, reference, [one]);
  const [name] = readdirSync(paths.knownBlobs);
  for (const text of ['', '{', '{"domain":"r.test","blobs":[]}']) {
    writeFileSync(join(paths.knownBlobs, name!), text);
    t.deepEqual(repositoriesWith(paths, one), []);
  }
  rememberBlobs(paths, reference, [two]);
  t.is(repositoriesWith(paths, two).length, 1);
});
