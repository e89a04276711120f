// What lists of images say, and which images they leave out.
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { rmSync } from 'node:fs';
import type { Digest } from '../../../src/core/digest.js';
import { filterImages } from '../../../src/images/filter-images.js';
import { detailsOf } from '../../../src/images/image-details.js';
import { historyOf } from '../../../src/images/image-history.js';
import { summariseImages, type ImageSummary } from '../../../src/images/image-summary.js';
import { findLocalImage, openLocalImage } from '../../../src/images/local-image.js';
import { nameImage, withRegistryDigest } from '../../../src/store/image-names.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { putStoreImage, type StoreImageOptions } from '../../support/store-image.js';
import { tempDir } from '../../support/temp-store.js';

const INDEX = `sha256:${'ab'.repeat(32)}` as Digest;

test('one entry per name, the youngest first, with sizes of the manifest', async (t) => {
  const store = openStore(tempDir(t));
  await putStoreImage(store, 'old', ['docker.io/library/old:1'], { sizes: [10, 20, 30] });
  const config = { created: '2026-02-01T00:00:00Z', architecture: 'arm64', variant: 'v8' };
  const { manifest, id } = await putStoreImage(store, 'new', ['r.test/t/b:1', 'r.test/t/a:1'], { config });
  await nameImage(store.paths, withRegistryDigest(manifest, INDEX), [`r.test/t/c@${INDEX}`]);
  const { images, damaged } = summariseImages(store);
  t.deepEqual(damaged, []);
  t.deepEqual(
    images.map(({ name }) => name),
    ['r.test/t/a:1', 'r.test/t/b:1', `r.test/t/c@${INDEX}`, 'docker.io/library/old:1'],
  );
  t.deepEqual(images[0], {
    name: 'r.test/t/a:1',
    repository: 'r.test/t/a',
    tag: '1',
    id,
    digest: manifest.digest,
    created: '2026-02-01T00:00:00Z',
    size: 1000,
    platform: 'linux/arm64/v8',
    labels: { seed: 'new' },
  });
  t.like(images[2], { repository: 'r.test/t/c', registryDigest: INDEX });
  t.is(images[2]?.tag, undefined);
  t.like(images[3], { repository: 'old', size: 60 });
});

test('an image that cannot be read is told, and the others are listed', async (t) => {
  const store = openStore(tempDir(t));
  await putStoreImage(store, 'a', ['docker.io/library/a:1']);
  const { manifest } = await putStoreImage(store, 'b', ['docker.io/library/b:1']);
  rmSync(store.paths.blob(manifest.digest));
  const { images, damaged } = summariseImages(store);
  t.deepEqual(
    images.map(({ name }) => name),
    ['docker.io/library/a:1'],
  );
  t.regex(damaged.join('\n'), /^b:1: its manifest sha256:\w+ is not in the store.*tsbuild rmi b:1$/);
});

function summary(name: string | undefined, details: Partial<ImageSummary> = {}): ImageSummary {
  const [, repository, tag] = /^(?:docker\.io\/library\/)?(.*):(.*)$/.exec(name ?? '') ?? [];
  return {
    ...(name !== undefined && { name, repository: repository!, tag: tag! }),
    id: INDEX,
    digest: INDEX,
    size: 1,
    platform: 'linux/amd64',
    labels: {},
    ...details,
  };
}

const IMAGES = [
  summary('docker.io/library/app:1', { created: '2026-01-01T00:00:00Z', labels: { team: 'web', v: '' } }),
  summary('docker.io/library/app:2', { created: '2026-01-02T00:00:00Z', labels: { team: 'db' } }),
  summary('r.test/team/app:1', { created: '2026-01-03T00:00:00Z' }),
  summary(undefined, { created: '2026-01-04T00:00:00Z' }),
];

test('filters: each row keeps these', (t) => {
  const rows: readonly (readonly [Parameters<typeof filterImages>[1], readonly number[]])[] = [
    [{}, [0, 1, 2, 3]],
    [{ references: ['app'] }, [0, 1]],
    [{ references: ['app:2'] }, [1]],
    [{ references: ['docker.io/library/app'] }, [0, 1]],
    [{ references: ['docker.io/library/app:1'] }, [0]],
    [{ references: ['*'] }, [0, 1]],
    [{ references: ['*:1'] }, [0]],
    [{ references: ['r.test/*/*'] }, [2]],
    [{ references: ['r.test/*'] }, []],
    [{ references: ['app:2', 'r.test/team/app'] }, [1, 2]],
    [{ references: ['ap'] }, []],
    [{ isDangling: true }, [3]],
    [{ isDangling: false }, [0, 1, 2]],
    [{ labels: [{ key: 'team' }] }, [0, 1]],
    [{ labels: [{ key: 'team', value: 'web' }] }, [0]],
    [{ labels: [{ key: 'team' }, { key: 'v', value: '' }] }, [0]],
    [{ labels: [{ key: 'toString' }] }, []],
    [{ before: '2026-01-02T00:00:00Z' }, [0]],
    [{ since: '2026-01-02T00:00:00Z' }, [2, 3]],
    [{ since: '2026-01-01T00:00:00Z', isDangling: false, references: ['app'] }, [1]],
  ];
  for (const [filter, kept] of rows)
    t.deepEqual(
      filterImages(IMAGES, filter),
      kept.map((i) => IMAGES[i]!),
      JSON.stringify(filter),
    );
});

test('a pattern with half a bracket is refused', (t) => {
  t.like(
    t.throws(() => filterImages(IMAGES, { references: ['app['] })),
    { code: 'OPTION_INVALID' },
  );
});

test('a name without wildcards is a pattern of itself', (t) => {
  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
  fc.assert(
    fc.property(word, word, (repository, tag) => {
      const image = summary(`docker.io/library/${repository}:${tag}`);
      for (const references of [[repository], [`${repository}:${tag}`], [image.name!]])
        t.deepEqual(filterImages([image], { references }), [image]);
    }),
  );
});

async function opened(t: ExecutionContext, options: StoreImageOptions) {
  const store: Store = openStore(tempDir(t));
  const { manifest, id } = await putStoreImage(store, 'app', ['docker.io/library/app:1'], options);
  await nameImage(store.paths, withRegistryDigest(manifest, INDEX), ['r.test/t/app:1', 'r.test/t/app:2']);
  const found = findLocalImage(store, 'app:1');
  return { found, image: openLocalImage(store, found), id, manifest };
}

test('details are those of docker image inspect', async (t) => {
  const config = {
    author: 'me',
    config: { Env: ['A=b'], Cmd: ['/a'], ExposedPorts: { '80/tcp': {} }, Shell: ['/bin/sh'] },
    history: [{ comment: 'first' }, { comment: 'last' }],
    'os.version': '1',
  };
  const { found, image, id, manifest } = await opened(t, { config });
  t.deepEqual(detailsOf(found, image) as unknown, {
    Id: id,
    RepoTags: ['app:1', 'r.test/t/app:1', 'r.test/t/app:2'],
    RepoDigests: [`r.test/t/app@${INDEX}`],
    Comment: 'last',
    Created: '2026-01-02T03:04:05Z',
    Author: 'me',
    Config: {
      User: '',
      Env: ['A=b'],
      Cmd: ['/a'],
      Volumes: null,
      WorkingDir: '',
      Entrypoint: null,
      OnBuild: null,
      Labels: null,
      ExposedPorts: { '80/tcp': {} },
      Shell: ['/bin/sh'],
    },
    Architecture: 'amd64',
    Os: 'linux',
    OsVersion: '1',
    Size: 1000,
    RootFS: { Type: 'layers', Layers: image.config.rootfs.diff_ids },
    Metadata: { LastTagTime: '0001-01-01T00:00:00Z' },
    Descriptor: manifest,
  });
});

test('the history is last step first; steps without a layer have no size', async (t) => {
  const history = [
    { created_by: 'COPY a /', created: '2026-01-01T00:00:00Z' },
    { created_by: 'ENV A=b', empty_layer: true },
    { created_by: 'RUN x', comment: 'c' },
  ];
  const { image, id } = await opened(t, { config: { history }, sizes: [10, 20] });
  t.deepEqual(historyOf(image), [
    { id, createdBy: 'RUN x', comment: 'c', size: 20 },
    { createdBy: 'ENV A=b', comment: '', size: 0 },
    { createdBy: 'COPY a /', comment: '', size: 10, created: '2026-01-01T00:00:00Z' },
  ]);
});

test('layers that the history does not tell of are listed, and steps without their layer have none', async (t) => {
  const one = [{ created_by: 'COPY a /' }];
  const { image } = await opened(t, { config: { history: one }, sizes: [10, 20, 30] });
  t.deepEqual(
    historyOf(image).map(({ size }) => size),
    [30, 20, 10],
  );
  const none = await opened(t, { config: { history: [...one, ...one] }, sizes: [10] });
  t.deepEqual(
    historyOf(none.image).map(({ size }) => size),
    [0, 10],
  );
});
