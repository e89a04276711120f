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
  ['type=docker', 'OPTION_UNSUPPORTED', /without dest/],
  ['type=registry', 'OPTION_UNSUPPORTED', /push/],
  ['type=image,push=true', 'OPTION_UNSUPPORTED', /push/],
  ['type=oci,dest=a,oci-mediatypes=false', 'OPTION_UNSUPPORTED', /oci-mediatypes=false/],
  ['type=oci,dest=a,annotation.x=y', 'OPTION_UNSUPPORTED', /^annotation.x of an output/],
  ['type=local,dest=a,mode=delete', 'OPTION_UNSUPPORTED', /mode=delete/],
];
for (const [text, code, message] of REFUSED) {
  test(`refused: ${text}`, (t) => {
    const error = t.throws(() => parseOutput(text), { instanceOf: TsbuildError, message });
    t.is(error?.code, code);
  });
}
