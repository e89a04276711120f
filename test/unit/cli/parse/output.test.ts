import test from 'ava';
import { TsbuildError, type ErrorCode } from '../../../../src/core/errors.js';
import { parseOutput } from '../../../../src/cli/parse/output.js';

const outputOf = (text: string) => parseOutput(text).output;

test('shorthands', (t) => {
  t.deepEqual(outputOf('out'), { type: 'local', dest: 'out' });
  t.deepEqual(outputOf('-'), { type: 'tar', dest: '-' });
});

test('types and their destinations', (t) => {
  t.deepEqual(outputOf('type=local,dest=out'), { type: 'local', dest: 'out' });
  t.deepEqual(outputOf('type=local,"dest=a,b"'), { type: 'local', dest: 'a,b' });
  t.deepEqual(outputOf('type=tar'), { type: 'tar', dest: '-' });
  t.deepEqual(outputOf('type=oci,dest=a.tar'), { type: 'oci', dest: 'a.tar', tar: true });
  t.deepEqual(outputOf('type=oci'), { type: 'oci', dest: '-', tar: true });
  t.deepEqual(outputOf('type=docker,dest=-'), { type: 'docker', dest: '-', tar: true });
  t.deepEqual(outputOf('type=docker'), { type: 'docker' });
  t.deepEqual(outputOf('type=docker,compression=zstd'), { type: 'docker', compression: 'zstd' });
  t.deepEqual(outputOf('type=oci,tar=false,dest=layout'), { type: 'oci', dest: 'layout', tar: false });
  t.deepEqual(outputOf('type=image'), { type: 'image' });
  t.deepEqual(outputOf('type=image,push=false,store=true'), { type: 'image' });
  t.deepEqual(outputOf('type=cacheonly'), { type: 'cacheonly' });
  t.deepEqual(outputOf('TYPE=oci,dest=a'), { type: 'oci', dest: 'a', tar: true });
});

test('compression, time stamps and names', (t) => {
  t.deepEqual(
    parseOutput('type=oci,dest=a,compression=zstd,compression-level=7,rewrite-timestamp=true,"name=a:1,b:2"'),
    {
      output: {
        type: 'oci',
        dest: 'a',
        tar: true,
        compression: 'zstd',
        compressionLevel: 7,
        rewriteTimestamp: true,
      },
      names: ['a:1', 'b:2'],
    },
  );
});

test('a registry is an image that is pushed', (t) => {
  t.deepEqual(parseOutput('type=registry,name=r/a:1'), {
    output: { type: 'image', push: true },
    names: ['r/a:1'],
  });
  t.deepEqual(outputOf('type=image,push=true'), { type: 'image', push: true });
  t.deepEqual(outputOf('type=image,push='), { type: 'image', push: true });
  t.deepEqual(outputOf('type=registry,push=false'), { type: 'image' });
});

test('names of an image that is pushed by digest stay with it', (t) => {
  t.deepEqual(parseOutput('type=image,"name=r/a,r/b",push-by-digest=true,name-canonical=true,push=true'), {
    output: { type: 'image', push: true, pushByDigest: true, names: ['r/a', 'r/b'] },
    names: [],
  });
});

test('the keys of an image', (t) => {
  const keys =
    'type=registry,registry.insecure=true,oci-mediatypes=false,compression=gzip,compression-level=9,' +
    'force-compression=true,store=false,unpack=true,rewrite-timestamp=true';
  t.deepEqual(outputOf(keys), {
    type: 'image',
    compression: 'gzip',
    compressionLevel: 9,
    forceCompression: true,
    rewriteTimestamp: true,
    push: true,
    insecure: true,
    store: false,
    ociMediaTypes: false,
  });
  t.deepEqual(outputOf('type=registry,oci-mediatypes=true,store=true,force-compression=false'), {
    type: 'image',
    push: true,
  });
});

test('annotations of an output, as --annotation writes them', (t) => {
  const keys =
    'type=registry,annotation.org.a=1,annotation-manifest-descriptor.b=2,annotation[linux/amd64].c=3,annotation-manifest[linux/arm64].d=4';
  t.like(outputOf(keys), {
    annotations: [
      'org.a=1',
      'manifest-descriptor:b=2',
      'manifest[linux/amd64]:c=3',
      'manifest[linux/arm64]:d=4',
    ],
  });
  t.like(outputOf('type=oci,dest=a,annotation.x=y'), { annotations: ['x=y'] });
});

const REFUSED: readonly (readonly [string, ErrorCode, RegExp])[] = [
  ['dest=a', 'OPTION_INVALID', /^type is required for output$/],
  ['type=oci,a', 'OPTION_INVALID', /^invalid value a/],
  ['type=zip', 'OPTION_INVALID', /^unknown output type "zip"/],
  ['type=locla,dest=a', 'OPTION_INVALID', /did you mean local\?/],
  ['type=local', 'OPTION_INVALID', /^dest is required for local exporter$/],
  ['type=local,dest=-', 'OPTION_INVALID', /^dest cannot be stdout for local exporter$/],
  ['type=oci,tar=false', 'OPTION_INVALID', /^dest is required for oci exporter$/],
  ['type=oci,dset=a', 'OPTION_INVALID', /^unknown attribute dset .*did you mean dest\?/],
  ['type=oci,dest=a,compression=brotli', 'OPTION_INVALID', /compression type brotli/],
  ['type=oci,dest=a,compression=estargz', 'OPTION_UNSUPPORTED', /compression type estargz/],
  ['type=oci,dest=a,compression-level=x', 'OPTION_INVALID', /is not a number$/],
  ['type=oci,dest=a,oci-mediatypes=false', 'OPTION_UNSUPPORTED', /oci-mediatypes=false/],
  ['type=registry,push=maybe', 'OPTION_INVALID', /^non-bool value specified for push: "maybe"$/],
  ['type=image,oci-mediatypes=no', 'OPTION_INVALID', /^non-bool value specified for oci-mediatypes/],
  ['type=registry,compression=estargz', 'OPTION_UNSUPPORTED', /compression type estargz/],
  ['type=registry,annotation-image.x=y', 'OPTION_INVALID', /^unknown annotation type "image"/],
  ['type=registry,pushbydigest=true', 'OPTION_INVALID', /^unknown attribute pushbydigest/],
  ['type=registry,dest=a', 'OPTION_INVALID', /^unknown attribute dest for output type=image/],
  ['type=local,dest=a,annotation.x=y', 'OPTION_INVALID', /^unknown attribute annotation.x/],
  ['type=local,dest=a,mode=delete', 'OPTION_UNSUPPORTED', /mode=delete/],
];
for (const [text, code, message] of REFUSED) {
  test(`refused: ${text}`, (t) => {
    const error = t.throws(() => parseOutput(text), { instanceOf: TsbuildError, message });
    t.is(error?.code, code);
  });
}
