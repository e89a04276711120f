// What an annotation is written to: manifests of all platforms or of one, their entries in the index, the index itself.
import test from 'ava';
import { TsbuildError } from '../../../src/core/errors.js';
import { parsePlatform, platformOfNode } from '../../../src/oci/platform.js';
import {
  annotationsFor,
  indexAnnotations,
  parseAnnotations,
  refuseStrayAnnotations,
} from '../../../src/plan/annotations.js';

const local = platformOfNode('x64');
const [amd64, arm64] = [parsePlatform('amd64', local), parsePlatform('arm64', local)];
const parse = (...texts: string[]) => parseAnnotations(texts, local);

test('each type goes to its document, and a platform narrows it', (t) => {
  const annotations = parse(
    'manifest[linux/arm64/v8]:a=arm',
    'a=all',
    'a=later',
    'manifest,manifest-descriptor:b=x=y',
    'manifest-descriptor[linux/amd64]:c=3',
    'index:d=4',
    'index-descriptor:e=5',
  );
  t.deepEqual(annotationsFor(annotations, arm64), {
    manifest: { a: 'arm', b: 'x=y' },
    descriptor: { b: 'x=y' },
  });
  t.deepEqual(annotationsFor(annotations, amd64), {
    manifest: { a: 'later', b: 'x=y' },
    descriptor: { b: 'x=y', c: '3' },
  });
  t.deepEqual(indexAnnotations(annotations), { index: { d: '4' }, indexDescriptor: { e: '5' } });
});

test('an index that is not made, and a platform that is not built, are refused as BuildKit does', (t) => {
  const refused = (text: string, platforms: (typeof amd64)[] | undefined, code: string, message: string) =>
    t.throws(() => refuseStrayAnnotations(parse(text), platforms), {
      instanceOf: TsbuildError,
      code,
      message,
    });
  const single = 'index annotations not supported for single platform export';
  refused('index:a=b', undefined, 'OPTION_UNSUPPORTED', single);
  refused('index-descriptor:a=b', undefined, 'OPTION_UNSUPPORTED', single);
  const stray = 'invalid annotation: no platform linux/riscv64 found in source';
  refused('manifest[linux/riscv64]:a=b', [amd64, arm64], 'OPTION_INVALID', stray);
  t.notThrows(() => refuseStrayAnnotations(parse('manifest[linux/riscv64]:a=b'), undefined));
  t.notThrows(() => refuseStrayAnnotations(parse('index:a=b', 'manifest[aarch64]:c=d'), [amd64, arm64]));
  t.throws(() => parse('=b'), { code: 'OPTION_INVALID' });
});
