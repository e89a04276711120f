import test from 'ava';
import { parsePlatform, platformOfNode } from '../../../src/oci/platform.js';
import { buildRequestOf } from '../../../src/cli/build-request.js';
import { COMMANDS } from '../../../src/cli/command-table.js';
import { optionsOf } from '../../../src/cli/options.js';
import { typedArguments } from '../../../src/cli/typed-arguments.js';
import { yargsArguments } from '../../../src/cli/yargs-arguments.js';

const api = { parsePlatform, platformOfNode };
const specs = optionsOf('build');
const requestOf = (argv: string[], env: NodeJS.ProcessEnv = {}) =>
  buildRequestOf(typedArguments(yargsArguments(argv, specs), specs, env), { env, arch: 'x64', api });

test('nothing that was not asked for is set', (t) => {
  t.deepEqual(requestOf(['.']), { context: '.' });
});

for (const spec of specs) {
  if (['cli', 'refused', 'ignored'].includes(spec.use)) {
    if (spec.use === 'refused')
      test(`--${spec.name} says what to use instead`, (t) => t.truthy(spec.instead));
    continue;
  }
  test(`--${spec.name} fills ${spec.use} of the request and nothing else`, (t) => {
    const argument =
      spec.kind === 'flag' || spec.bare !== undefined
        ? []
        : [spec.example ?? t.fail('an example is missing') ?? ''];
    const request = requestOf([`--${spec.name}`, ...argument, '.']);
    t.deepEqual(Object.keys(request).sort(), ['context', spec.use].sort());
  });
}

test('a full request', (t) => {
  const argv = ['-t', 'a', '--tag=b', '--build-arg', 'X', '--build-arg', 'Y=1', '--build-arg', 'Z', '--label', 'l=v',
    '--platform', 'arm64', '-o', 'type=oci,dest=f,name=c', '--secret', 'id=s', '--no-cache-filter', 'p,q',
    '--allow=network.host', '--shm-size', '1k', '.']; // prettier-ignore
  t.deepEqual(requestOf(argv, { X: 'x', s: '1' }), {
    context: '.',
    tags: ['a', 'b', 'c'],
    buildArgs: { X: 'x', Y: '1' },
    labels: { l: 'v' },
    platform: { os: 'linux', architecture: 'arm64' },
    outputs: [{ type: 'oci', dest: 'f', tar: true }],
    secrets: [{ id: 's', env: 's' }],
    noCacheFilter: ['p', 'q'],
    allow: ['network.host'],
    shmSizeBytes: 1024,
  });
});

test('SOURCE_DATE_EPOCH of the environment is a build argument, unless one is given', (t) => {
  const env = { SOURCE_DATE_EPOCH: '1' };
  t.deepEqual(requestOf(['.'], env).buildArgs, { SOURCE_DATE_EPOCH: '1' });
  t.deepEqual(requestOf(['--build-arg', 'SOURCE_DATE_EPOCH=2', '.'], env).buildArgs, {
    SOURCE_DATE_EPOCH: '2',
  });
});

test('--load is an output more, and names the engine after =', (t) => {
  const outputsOf = (...argv: string[]) => requestOf([...argv, '.']).outputs;
  t.deepEqual(outputsOf('--load'), [{ type: 'docker' }]);
  t.deepEqual(outputsOf('--load=true'), [{ type: 'docker' }]);
  t.deepEqual(outputsOf('--load=podman'), [{ type: 'docker', engine: 'podman' }]);
  t.is(outputsOf('--load=false'), undefined);
  t.deepEqual(outputsOf('--load', '-o', 'type=docker'), [{ type: 'docker' }]);
  t.deepEqual(outputsOf('--load', '--push'), [{ type: 'image', push: true }, { type: 'docker' }]);
  t.throws(() => outputsOf('--load=rkt'), { code: 'OPTION_INVALID' });
});

test('--push pushes the images among the outputs, and the image when there is none', (t) => {
  const outputsOf = (...argv: string[]) => requestOf([...argv, '.']).outputs;
  t.deepEqual(outputsOf('--push'), [{ type: 'image', push: true }]);
  t.deepEqual(outputsOf('--push=false'), undefined);
  t.deepEqual(outputsOf('--push', '-o', 'type=image,compression=zstd'), [
    { type: 'image', compression: 'zstd', push: true },
  ]);
  t.deepEqual(outputsOf('--push', '-o', 'type=tar,dest=a'), [
    { type: 'tar', dest: 'a' },
    { type: 'image', push: true },
  ]);
});

test('caches are read and written; a build argument of BuildKit asks for one beside the image', (t) => {
  const inline = { place: { type: 'inline' } };
  const requested = (...argv: string[]) => requestOf([...argv, '.']);
  const { cacheFrom, cacheTo } = requested(
    '--cache-from',
    'r.test/c',
    '--cache-to',
    'type=local,dest=d,mode=max',
  );
  t.deepEqual(cacheFrom, [{ place: { type: 'registry', ref: 'r.test/c' } }]);
  t.deepEqual(cacheTo, [{ place: { type: 'local', path: 'd' }, mode: 'max' }]);
  const asked = ['--build-arg', 'BUILDKIT_INLINE_CACHE=1'];
  t.deepEqual(requested('--push', ...asked).cacheTo, [inline]);
  t.deepEqual(requested('--push', '--cache-to', 'type=inline', ...asked).cacheTo, [inline]);
  t.is(requested(...asked).cacheTo, undefined);
  t.is(requested('--push', '--build-arg', 'BUILDKIT_INLINE_CACHE=0').cacheTo, undefined);
  t.is(requested('--cache-from', '', '--cache-to', '').cacheFrom, undefined);
});

test('what is pushed is signed by a key, or without one', (t) => {
  const signed = (...argv: string[]) => requestOf([...argv, '.']).sign;
  t.deepEqual(signed('--push', '--sign', 'key=image.key'), { key: 'image.key' });
  t.deepEqual(signed('--sign=keyless'), { keyless: true });
  t.is(signed('--push'), undefined);
});

test('a key cannot reach the prototype', (t) => {
  const request = requestOf(['--build-arg', '__proto__=x', '.']);
  t.true(Object.hasOwn(request.buildArgs ?? {}, '__proto__'));
});

test('the context is one argument', (t) => {
  t.throws(() => requestOf([]), {
    message: 'please specify build context (e.g. "." for the current directory)',
  });
  t.throws(() => requestOf(['a', 'b']), { message: /requires exactly 1 argument, but 2 were given: a b/ });
  t.throws(() => requestOf(['-f', '-', '-']), {
    message: "invalid argument: can't use stdin for both build context and dockerfile",
  });
});

for (const { name: command } of COMMANDS)
  test(`names and letters of the options of ${command} are distinct`, (t) => {
    const rows = optionsOf(command);
    const names = rows.map((spec) => spec.name);
    const letters = rows.flatMap((spec) => spec.alias ?? []);
    t.is(new Set(names).size, names.length);
    t.is(new Set(letters).size, letters.length);
  });
