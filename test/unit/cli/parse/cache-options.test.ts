// --cache-from and --cache-to: BuildKit's names, and the words about what is wrong with them.
import test from 'ava';
import fc from 'fast-check';
import { parseCacheFrom, parseCacheTo } from '../../../../src/cli/parse/cache-options.js';
import { parseSeconds } from '../../../../src/cli/parse/duration.js';
import { TsbuildError } from '../../../../src/core/errors.js';

const registry = (ref: string) => ({ place: { type: 'registry', ref } });

test('references alone are repositories', (t) => {
  t.deepEqual(parseCacheFrom('r.test/app-cache'), [registry('r.test/app-cache')]);
  t.deepEqual(parseCacheFrom('a:1,b:2'), [registry('a:1'), registry('b:2')]);
  t.deepEqual(parseCacheTo('r.test/app-cache:main'), [registry('r.test/app-cache:main')]);
});

test('a registry, with all that BuildKit has for it', (t) => {
  const ref = 'r.test/app-cache';
  t.deepEqual(
    parseCacheTo(
      `type=registry,ref=${ref},mode=max,image-manifest=true,oci-mediatypes=true,compression=zstd,compression-level=3,force-compression=true,ignore-error=false,registry.insecure=true`,
    ),
    [
      {
        place: { type: 'registry', ref, insecure: true },
        mode: 'max',
        ignoreError: false,
        compression: 'zstd',
        compressionLevel: 3,
        forceCompression: true,
      },
    ],
  );
  t.deepEqual(
    parseCacheTo(
      `type=registry,ref=${ref},timeout=1m30s,max-size=2g,mounts=true,mounts-max=500m,sign-key=k.pem,scope=pr-12`,
    ),
    [
      {
        ...registry(ref),
        scope: 'pr-12',
        timeoutSeconds: 90,
        maxBytes: 2 * 1024 ** 3,
        mounts: true,
        mountsMaxBytes: 500 * 1024 ** 2,
        signKey: 'k.pem',
      },
    ],
  );
  t.deepEqual(parseCacheFrom(`type=registry,ref=${ref},verify-key=k.pub`), [
    { ...registry(ref), verifyKey: 'k.pub' },
  ]);
  // What is for writing does no harm when it is read.
  t.deepEqual(parseCacheFrom(`type=registry,ref=${ref},mode=max`), [registry(ref)]);
});

test('scopes are a chain when they are read, and several caches when they are written', (t) => {
  for (const text of ['scope=pr-12,main', '"scope=pr-12,main"', 'scope=pr-12;main', 'scope=pr-12, main'])
    t.deepEqual(parseCacheFrom(`type=registry,ref=r.test/c,${text}`), [
      { ...registry('r.test/c'), scopes: ['pr-12', 'main'] },
    ]);
  t.deepEqual(parseCacheFrom('type=registry,scope=pr-12,main,ref=r.test/c'), [
    { ...registry('r.test/c'), scopes: ['pr-12', 'main'] },
  ]);
  t.deepEqual(parseCacheTo('type=registry,ref=r.test/c,scope=a,b'), [
    { ...registry('r.test/c'), scope: 'a' },
    { ...registry('r.test/c'), scope: 'b' },
  ]);
});

test('directories, the image itself, buckets, the cache of GitHub', (t) => {
  t.deepEqual(parseCacheFrom('type=local,src=dir,tag=x'), [
    { place: { type: 'local', path: 'dir', tag: 'x' } },
  ]);
  t.deepEqual(parseCacheFrom('type=local,src=dir,digest=sha256:a'), [
    { place: { type: 'local', path: 'dir', digest: 'sha256:a' } },
  ]);
  t.deepEqual(parseCacheTo('type=local,dest=dir,reset=true,mode=min'), [
    { place: { type: 'local', path: 'dir' }, mode: 'min' },
  ]);
  t.deepEqual(parseCacheTo('type=inline'), [{ place: { type: 'inline' } }]);
  t.deepEqual(
    parseCacheTo(
      'type=s3,bucket=b,region=eu-1,name=main;old,prefix=p/,blobs_prefix=bl/,manifests_prefix=ma/,endpoint_url=https://s3.test,use_path_style=true,access_key_id=i,secret_access_key=k,session_token=t,touch_refresh=24h,upload_parallelism=4',
    ).map(({ scope }) => scope),
    ['main', 'old'],
  );
  t.deepEqual(
    parseCacheFrom(
      'type=s3,bucket=b,region=eu-1,prefix=p/,blobs_prefix=bl/,manifests_prefix=ma/,endpoint_url=https://s3.test,use_path_style=true,access_key_id=i,secret_access_key=k,session_token=t',
    ),
    [
      {
        place: {
          type: 's3',
          bucket: 'b',
          region: 'eu-1',
          endpointUrl: 'https://s3.test',
          usePathStyle: true,
          prefix: 'p/',
          blobsPrefix: 'bl/',
          manifestsPrefix: 'ma/',
          accessKeyId: 'i',
          secretAccessKey: 'k',
          sessionToken: 't',
        },
      },
    ],
  );
  t.deepEqual(parseCacheTo('type=gha,scope=app,url=u,url_v2=v,token=t,timeout=10m,version=2,ghtoken=x'), [
    { place: { type: 'gha', url: 'v', token: 't' }, scope: 'app', timeoutSeconds: 600 },
  ]);
});

const from = (text: string) => () => parseCacheFrom(text);
const to = (text: string) => () => parseCacheTo(text);

for (const [work, message, hint] of [
  [
    from('ref=x'),
    'type is required for --cache-from',
    'for instance --cache-from type=registry,ref=registry.example/app-cache',
  ],
  [
    from('type=regestry,ref=x'),
    'unknown cache type "regestry" (did you mean registry?)',
    'use one of registry, local, inline, s3, gha',
  ],
  [
    to('type=azblob,account_url=x'),
    'a cache of type azblob is not supported',
    'use one of registry, local, inline, s3, gha',
  ],
  [
    from('type=registry'),
    'ref is required for --cache-from type=registry',
    'write --cache-from type=registry,ref=…',
  ],
  [to('type=local,src=x'), 'unknown attribute src for --cache-to type=local', undefined],
  [to('type=local,mode=max'), 'dest is required for --cache-to type=local', undefined],
  [to('type=s3,region=x'), 'bucket is required for --cache-to type=s3', undefined],
  [
    to('type=registry,ref=x,mod=max'),
    'unknown attribute mod for --cache-to type=registry (did you mean mode?)',
    'the attributes are ref, registry.insecure, scope, mode, ignore-error, timeout, max-size, mounts, mounts-max, sign-key, compression, compression-level, force-compression',
  ],
  [
    to('type=registry,ref=x,mode=mx'),
    'unknown mode "mx" of --cache-to (did you mean max?)',
    'use mode=min for the layers of the image, or mode=max for all steps',
  ],
  [
    to('type=registry,ref=x,ignore-error=maybe'),
    'non-bool value specified for ignore-error of --cache-to: "maybe"',
    'write ignore-error=true or ignore-error=false',
  ],
  [
    to('type=registry,ref=x,timeout=soon'),
    'timeout of --cache-to: "soon" is no duration',
    'write for instance 90s, 5m or 1h30m',
  ],
  [to('type=registry,ref=x,max'), 'invalid value max for --cache-to: must be a key=value pair', undefined],
  [
    from('type=s3,bucket=b,scope=a,name=b'),
    '--cache-from: scope and name are the same thing',
    'leave name out',
  ],
] as const)
  test(`refused: ${message}`, (t) => {
    const error = t.throws(work, { instanceOf: TsbuildError });
    t.is(error.message, message);
    if (hint !== undefined) t.is(error.hint, hint);
  });

test('no message shows a credential', (t) => {
  for (const work of [
    to('type=s3,bucket=b,secret_access_key=hidden,"open'),
    to('type=gha,token=hidden,what=x'),
    from('type=s3,bucket=b,access_key_id=hidden,session_token=hidden,mist'),
    from('type=s3,access_key_id=hidden'),
  ])
    t.notRegex(t.throws(work)!.message, /hidden/);
});

test('durations', (t) => {
  for (const [text, seconds] of [
    ['90', 90],
    ['90s', 90],
    ['1m30s', 90],
    ['1.5h', 5400],
    ['500ms', 0.5],
  ] as const)
    t.is(parseSeconds(text, 'x'), seconds);
  for (const text of ['', '0', '0s', '-5s', '5', 'm', '1m 3s', '5d', '1e3'].filter((each) => each !== '5'))
    t.throws(() => parseSeconds(text, 'x'), { code: 'OPTION_INVALID' });
});

test('whatever is written, it is read or refused', (t) => {
  const word = fc.constantFrom(
    'type',
    'registry',
    'local',
    'ref',
    'scope',
    'mode',
    '=',
    ',',
    ';',
    '"',
    'a',
    ' ',
    'max',
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 14 }), (words) => {
      for (const parse of [parseCacheFrom, parseCacheTo])
        try {
          t.true(Array.isArray(parse(words.join(''))));
        } catch (error) {
          t.true(error instanceof TsbuildError);
        }
    }),
  );
});
