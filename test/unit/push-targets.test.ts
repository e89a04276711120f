// Which names a build pushes to, and what is no name to push to.
import test from 'ava';
import { TsbuildError } from '../../src/core/errors.js';
import { canonicalReference } from '../../src/oci/reference.js';
import type { ImageOutput } from '../../src/plan/request.js';
import { pushTargets, targetName, withInsecure } from '../../src/push-targets.js';

const targets = (output: Partial<ImageOutput>, tags?: readonly string[]) =>
  pushTargets({ type: 'image', ...output, push: true }, tags);

test('tags and names, each once, in their order', (t) => {
  const found = targets({ names: ['r.test/b', 'r.test/a:1'] }, ['r.test/a:1', 'app', 'app:latest']);
  t.deepEqual(found.map(canonicalReference), [
    'r.test/a:1',
    'docker.io/library/app:latest',
    'r.test/b:latest',
  ]);
});

test('a name without a tag is what a digest is pushed to', (t) => {
  const found = targets({ names: ['r.test/b'], pushByDigest: true }, ['r.test/a']);
  t.deepEqual(found.map(targetName), ['r.test/a', 'r.test/b']);
});

for (const [output, tags, code, message] of [
  [{}, undefined, 'OPTION_INVALID', 'tag is needed when pushing to registry'],
  [{ pushByDigest: true }, ['r.test/a:1'], 'OPTION_INVALID', "can't push tagged ref r.test/a:1 by digest"],
  [
    { ociMediaTypes: false, compression: 'zstd' },
    ['a'],
    'OPTION_CONFLICT',
    'oci-mediatypes=false cannot be used with compression=zstd',
  ],
  [
    { ociMediaTypes: false, annotations: ['a=b'] },
    ['a'],
    'OPTION_CONFLICT',
    'oci-mediatypes=false cannot be used with annotations',
  ],
  [{}, ['A'], 'OPTION_INVALID', /^invalid tag "A"/],
] as const)
  test(`refused: ${message}`, (t) => {
    const error = t.throws(() => targets(output, tags), { instanceOf: TsbuildError, message });
    t.is(error?.code, code);
  });

test('insecure registries of outputs join those of the environment', (t) => {
  const output = { type: 'image', push: true, insecure: true, names: ['r.test:5000/a:1'] } as const;
  const listed = { TSBUILD_INSECURE_REGISTRIES: 'b.test' };
  t.deepEqual(withInsecure(listed, { context: '.', outputs: [output] }), {
    TSBUILD_INSECURE_REGISTRIES: 'b.test,r.test:5000',
  });
  t.is(withInsecure(listed, { context: '.', outputs: [{ ...output, insecure: false }] }), listed);
});
