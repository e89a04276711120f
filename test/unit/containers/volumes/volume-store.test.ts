// Volumes on disk: names, records, filters, whose containers they are of.
import test, { type ExecutionContext } from 'ava';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { containersPaths } from '../../../../src/containers/container-paths.js';
import { isVolumeMatch, parseVolumeFilter } from '../../../../src/containers/volumes/volume-filters.js';
import { anonymousName, requireVolumeName } from '../../../../src/containers/volumes/volume-name.js';
import {
  buryVolume,
  claimVolume,
  createVolume,
  listVolumes,
  requireVolume,
  volumeData,
} from '../../../../src/containers/volumes/volume-store.js';
import { tempDir } from '../../layer/tar/support/temp-dir.js';

const pathsOf = (t: ExecutionContext) => containersPaths({ local: tempDir(t) });
const volume = (name: string, labels: Readonly<Record<string, string>> = {}) => ({
  name,
  labels,
  createdAt: 1,
});

test('names follow the rule of docker', (t) => {
  for (const name of ['ab', '0a', 'a.b_c-d', anonymousName(), 'x'.repeat(255)])
    t.notThrows(() => requireVolumeName(name));
  t.throws(() => requireVolumeName('a'), { message: /too short/ });
  for (const name of ['.a', '-a', '_a', 'a/b', 'a b', '../a', 'a\n', 'x'.repeat(256)])
    t.throws(() => requireVolumeName(name), { message: /invalid characters for a local volume name/ });
});

test('one that is there stays as it is', (t) => {
  const paths = pathsOf(t);
  createVolume(paths, volume('data', { a: '1' }));
  t.deepEqual(createVolume(paths, volume('data', { b: '2' })).labels, { a: '1' });
  t.deepEqual(readdirSync(paths.volumes), ['data']);
  t.deepEqual(
    listVolumes(paths).map(({ name }) => name),
    ['data'],
  );
});

test('what is being made or deleted is no volume', (t) => {
  const paths = pathsOf(t);
  t.deepEqual(listVolumes(paths), []);
  createVolume(paths, volume('data'));
  const grave = buryVolume(paths, 'data');
  t.true(grave !== undefined && existsSync(grave));
  t.deepEqual(listVolumes(paths), []);
  t.throws(() => requireVolume(paths, 'data'), { message: 'get data: no such volume' });
  t.is(buryVolume(paths, 'data'), undefined);
});

test('a volume belongs to containers with the same ids once it has content', (t) => {
  const paths = pathsOf(t);
  createVolume(paths, volume('data'));
  const kept = { keepUid: 0, keepGid: 0 };
  claimVolume(paths, 'data', 'build');
  // Nothing was put into it: it may change.
  claimVolume(paths, 'data', kept);
  mkdirSync(volumeData(paths, 'data'));
  t.notThrows(() => claimVolume(paths, 'data', { ...kept }));
  const error = t.throws(() => claimVolume(paths, 'data', 'build'), { code: 'OPTION_CONFLICT' } as object);
  t.regex(error?.message ?? '', /belong to containers with you as user 0:0/);
});

test('a damaged record is told', (t) => {
  const paths = pathsOf(t);
  createVolume(paths, volume('data'));
  writeFileSync(join(paths.volumes, 'data', 'meta.json'), '{');
  t.throws(() => listVolumes(paths), { message: /is not what tsbuild wrote/ });
});

test('filters of one key widen each other but for labels, those of others narrow', (t) => {
  const record = { version: 1, ...volume('my-data', { tier: 'db', x: '' }) } as const;
  const isMatch = (...texts: readonly string[]) =>
    isVolumeMatch(
      record,
      texts.map((text) => parseVolumeFilter(text, text.startsWith('label!') ? 'prune' : 'list')),
      (name) => name === 'my-data',
    );
  t.true(isMatch());
  t.true(isMatch('name=nothing', 'name=data'));
  t.false(isMatch('name=data', 'driver=nfs'));
  t.true(isMatch('label=tier=db', 'label=x'));
  t.false(isMatch('label=tier=db', 'label=y'));
  t.false(isMatch('label!=x'));
  t.true(isMatch('label!=tier=web'));
  t.true(isMatch('dangling=0'));
  t.false(isMatch('dangling=true'));
  for (const text of ['dangling=maybe', 'size=1', 'label', 'all=true'])
    t.throws(() => parseVolumeFilter(text, 'list'), { message: /invalid filter/ });
});
