import test from 'ava';
import fc from 'fast-check';
import { TsbuildError } from '../../../src/core/errors.js';
import { optionsOf } from '../../../src/cli/options.js';
import { parseArguments } from '../../../src/cli/parse-arguments.js';
import { plainArguments } from '../../../src/cli/plain-arguments.js';
import { typedArguments } from '../../../src/cli/typed-arguments.js';
import { yargsArguments } from '../../../src/cli/yargs-arguments.js';

const specs = optionsOf('build');
const parse = (argv: string[], env: NodeJS.ProcessEnv = {}) =>
  typedArguments(yargsArguments(argv, specs), specs, env);
const failure = (argv: string[], env: NodeJS.ProcessEnv = {}) => {
  try {
    parse(argv, env);
  } catch (error) {
    if (error instanceof TsbuildError) return [error.code, error.message];
    throw error;
  }
  return undefined;
};

test('a value follows as the next argument, after = or after the letter', (t) => {
  for (const argv of [['-tfoo'], ['-t', 'foo'], ['-t=foo'], ['--tag', 'foo'], ['--tag=foo']]) {
    t.deepEqual(parse(argv).list('tag'), ['foo'], argv.join(' '));
  }
});

test('an option takes one value and leaves the context alone', (t) => {
  const args = parse(['-t', 'a', '--build-arg', 'A=1', '.']);
  t.deepEqual(args.list('tag'), ['a']);
  t.deepEqual(args.list('build-arg'), ['A=1']);
  t.deepEqual(args.positionals, ['.']);
});

test('a lone dash is a positional and a value', (t) => {
  t.deepEqual(parse(['-']).positionals, ['-']);
  t.deepEqual(parse(['-o', '-', '-f', '-', '.']).list('output'), ['-']);
  t.is(parse(['-o-', '-f-', '.']).text('file'), '-');
  t.deepEqual(parse(['-f', '-', '.']).positionals, ['.']);
});

test('a name that begins with no- is an option of its own', (t) => {
  t.true(parse(['--no-cache', '.']).flag('no-cache'));
  t.false(parse(['--no-cache=false', '.']).flag('no-cache'));
  t.false(parse(['.']).flag('no-cache'));
  t.deepEqual(parse(['--no-cache-filter', 'a', '.']).list('no-cache-filter'), ['a']);
});

test('flags group, and the last letter may take a value', (t) => {
  const args = parse(['-qDt', 'a', '.']);
  t.true(args.flag('quiet'));
  t.true(args.flag('debug'));
  t.deepEqual(args.list('tag'), ['a']);
  t.false(parse(['-q=false', '.']).flag('quiet'));
});

test('after -- everything is a positional', (t) => {
  t.deepEqual(parse(['-q', '--', '--tag', '-x']).positionals, ['--tag', '-x']);
  t.deepEqual(parse(['--', '--', '-']).positionals, ['--', '-']);
});

test('options and positionals mix', (t) => {
  const args = parse(['.', '-t', 'a', '--pull']);
  t.deepEqual(args.positionals, ['.']);
  t.true(args.flag('pull'));
});

test('of an option that may be given once the last wins', (t) => {
  t.is(parse(['--target', 'a', '--target=b']).text('target'), 'b');
  t.false(parse(['--pull', '--pull=false']).flag('pull'));
});

test('numbers, dots, quotes and words of objects stay text', (t) => {
  t.deepEqual(parse(['-t', '007', '1.50', '0x10']).positionals, ['1.50', '0x10']);
  t.deepEqual(parse(['-t', '007']).list('tag'), ['007']);
  t.deepEqual(parse(['--label', '"a.b"="c"', '--label', "'x=y'"]).list('label'), ['"a.b"="c"', "'x=y'"]);
  t.deepEqual(parse(['--build-arg', '__proto__=1']).list('build-arg'), ['__proto__=1']);
  t.deepEqual(failure(['--__proto__=1', '.']), ['OPTION_UNKNOWN', 'unknown option: --__proto__']);
  t.is(failure(['--constructor', '.'])?.[0], 'OPTION_UNKNOWN');
});

test('every text is a value, in every way of writing', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      t.deepEqual(parse(['--tag', text]).list('tag'), [text]);
      t.deepEqual(parse([`--tag=${text}`, '.']).list('tag'), [text]);
      t.deepEqual(parse(['-t', text, '-t', text, '.']).list('tag'), [text, text]);
      if (text !== '' && !text.startsWith('=')) t.deepEqual(parse([`-t${text}`]).list('tag'), [text]);
      t.deepEqual(parse(['--', text]).positionals, [text]);
    }),
    { numRuns: 200 },
  );
});

test('an unknown option is named, with the nearest known one', (t) => {
  t.deepEqual(failure(['--nocache', '.']), [
    'OPTION_UNKNOWN',
    'unknown option: --nocache (did you mean --no-cache?)',
  ]);
  t.deepEqual(failure(['--tga=x', '.']), ['OPTION_UNKNOWN', 'unknown option: --tga (did you mean --tag?)']);
  t.deepEqual(failure(['--whatever', '.']), ['OPTION_UNKNOWN', 'unknown option: --whatever']);
  t.deepEqual(failure(['-x', '.']), ['OPTION_UNKNOWN', 'unknown option: -x']);
  t.deepEqual(failure(['-qx', '.']), ['OPTION_UNKNOWN', 'unknown option: -x in -qx']);
  t.is(failure(['--no-tag'])?.[0], 'OPTION_UNKNOWN');
  t.is(failure(['--format', 'json'])?.[0], 'OPTION_UNKNOWN');
});

test('a missing or wrong value is refused', (t) => {
  t.deepEqual(failure(['--tag']), ['OPTION_INVALID', 'option needs an argument: --tag']);
  t.deepEqual(failure(['-q', '-t']), ['OPTION_INVALID', 'option needs an argument: -t']);
  t.deepEqual(failure(['--pull=maybe']), [
    'OPTION_INVALID',
    'invalid argument "maybe" for "--pull": not a boolean',
  ]);
  t.deepEqual(failure(['--progress', 'plan']), [
    'OPTION_INVALID',
    'invalid argument "plan" for "--progress" (did you mean plain?)',
  ]);
});

test('variables give values that are not given', (t) => {
  t.is(parse(['.']).text('progress'), 'auto');
  t.is(parse(['.'], { BUILDKIT_PROGRESS: 'plain' }).text('progress'), 'plain');
  t.is(parse(['.'], { BUILDKIT_PROGRESS: '' }).text('progress'), 'auto');
  t.is(parse(['--progress', 'tty'], { BUILDKIT_PROGRESS: 'plain' }).text('progress'), 'tty');
  t.deepEqual(parse(['.'], { DOCKER_DEFAULT_PLATFORM: 'linux/arm64' }).list('platform'), ['linux/arm64']);
  t.throws(() => parse(['.'], { BUILDKIT_PROGRESS: 'fancy' }).text('progress'), { code: 'OPTION_INVALID' });
});

const words = fc.constantFrom(
  '.',
  'a',
  'A=1',
  'plain',
  '007',
  '"q"',
  'true',
  '',
  '-',
  '--',
  '=x',
  '__proto__',
);
const spellings = specs.flatMap((spec) => [
  fc.constant([`--${spec.name}`]),
  words.map((word) => [`--${spec.name}=${word}`]),
  words.map((word) => [`--${spec.name}`, word]),
  ...(spec.alias === undefined ? [] : [words.map((word) => [`-${spec.alias}`, word])]),
]);
const argument = fc.oneof(
  { weight: 6, arbitrary: fc.oneof(...spellings) },
  { weight: 2, arbitrary: words.map((word) => [word]) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }).map((text) => [text]) },
);

test('what is read without yargs is what yargs reads', (t) => {
  let plain = 0;
  fc.assert(
    fc.property(fc.array(argument, { maxLength: 5 }), (parts) => {
      const argv = parts.flat();
      const given = plainArguments(argv, specs);
      if (!given) return;
      plain++;
      const expected = yargsArguments(argv, specs);
      t.deepEqual(given.positionals, expected.positionals);
      t.deepEqual(Object.fromEntries(given.values), Object.fromEntries(expected.values));
    }),
    { numRuns: 3000 },
  );
  t.true(plain > 300, `${plain} were plain`);
});

test('an everyday command line is plain, an unusual one is left to yargs', async (t) => {
  t.truthy(plainArguments(['-t', 'a:1', '--build-arg=A=1', '--no-cache', '-f', 'x/Dockerfile', '.'], specs));
  for (const argv of [
    ['-ta', '.'],
    ['-qD', '.'],
    ['--pull=false', '.'],
    ['--', '.'],
    ['-f', '-', '.'],
    ['--x'],
  ])
    t.is(plainArguments(argv, specs), undefined, argv.join(' '));
  t.deepEqual((await parseArguments(['-ta', '.'], 'build', {})).list('tag'), ['a']);
  t.deepEqual((await parseArguments(['-t', 'a', '.'], 'build', {})).list('tag'), ['a']);
  await t.throwsAsync(parseArguments(['--nocache', '.'], 'build', {}), { code: 'OPTION_UNKNOWN' });
});
