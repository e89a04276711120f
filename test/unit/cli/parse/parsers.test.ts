import test from 'ava';
import fc from 'fast-check';
import { TsbuildError, type ErrorCode } from '../../../../src/core/errors.js';
import { parseAddHost } from '../../../../src/cli/parse/add-host.js';
import { parseAnnotation } from '../../../../src/cli/parse/annotation.js';
import { parseBuildArg } from '../../../../src/cli/parse/build-arg.js';
import { parseBuildContext } from '../../../../src/cli/parse/build-context.js';
import { parseCall } from '../../../../src/cli/parse/call.js';
import { parseCsvFields } from '../../../../src/cli/parse/csv.js';
import { parseLabel } from '../../../../src/cli/parse/label.js';
import { parsePlatformList } from '../../../../src/cli/parse/platforms.js';
import { parseSecret } from '../../../../src/cli/parse/secret.js';
import { parseSize } from '../../../../src/cli/parse/size.js';
import { parseSsh } from '../../../../src/cli/parse/ssh.js';
import { parseUlimit } from '../../../../src/cli/parse/ulimit.js';

function codeOf(action: () => unknown): ErrorCode | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof TsbuildError) return error.code;
    throw error;
  }
}

test('csv: fields, quotes, doubled quotes', (t) => {
  t.deepEqual(parseCsvFields('a,b', '-o'), ['a', 'b']);
  t.deepEqual(parseCsvFields('', '-o'), ['']);
  t.deepEqual(parseCsvFields('a,,', '-o'), ['a', '', '']);
  t.deepEqual(parseCsvFields('type=local,"dest=a,b"', '-o'), ['type=local', 'dest=a,b']);
  t.deepEqual(parseCsvFields('"say ""x"""', '-o'), ['say "x"']);
  t.is(
    codeOf(() => parseCsvFields('a"b', '-o')),
    'OPTION_INVALID',
  );
  t.is(
    codeOf(() => parseCsvFields('"a', '-o')),
    'OPTION_INVALID',
  );
});

test('csv: what is quoted comes back', (t) => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (fields) => {
      const text = fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',');
      t.deepEqual(parseCsvFields(text, '-o'), fields);
    }),
  );
});

test('secret: source and its kind', (t) => {
  t.deepEqual(parseSecret('id=a,src=f', {}), { id: 'a', file: 'f' });
  t.deepEqual(parseSecret('id=a,source=f', {}), { id: 'a', file: 'f' });
  t.deepEqual(parseSecret('id=a,env=V', {}), { id: 'a', env: 'V' });
  t.deepEqual(parseSecret('id=a', { a: '' }), { id: 'a', env: 'a' });
  t.deepEqual(parseSecret('id=a', {}), { id: 'a', file: 'a' });
  t.deepEqual(parseSecret('type=env,id=a', {}), { id: 'a', env: 'a' });
  t.deepEqual(parseSecret('type=env,id=a,src=V', {}), { id: 'a', env: 'V' });
  t.deepEqual(parseSecret('type=file,id=a', { a: 'x' }), { id: 'a', file: 'a' });
  t.deepEqual(parseSecret('ID=a,"src=f,g"', {}), { id: 'a', file: 'f,g' });
  t.is(
    codeOf(() => parseSecret('src=f', {})),
    'OPTION_INVALID',
  );
  t.is(
    codeOf(() => parseSecret('id=a,scr=f', {})),
    'OPTION_INVALID',
  );
  t.is(
    codeOf(() => parseSecret('id=a,type=x', {})),
    'OPTION_INVALID',
  );
  t.is(
    codeOf(() => parseSecret('a', {})),
    'OPTION_INVALID',
  );
  t.is(
    codeOf(() => parseSecret('id=a,src=f,env=V', {})),
    'OPTION_CONFLICT',
  );
});

test('ssh', (t) => {
  t.deepEqual(parseSsh('default'), { id: 'default', paths: [] });
  t.deepEqual(parseSsh('k=/a=b,/c'), { id: 'k', paths: ['/a=b', '/c'] });
  t.is(
    codeOf(() => parseSsh('')),
    'OPTION_INVALID',
  );
  t.is(
    codeOf(() => parseSsh('=x')),
    'OPTION_INVALID',
  );
});

test('ulimit', (t) => {
  t.deepEqual(parseUlimit('nofile=1024'), { name: 'nofile', soft: 1024, hard: 1024 });
  t.deepEqual(parseUlimit('nofile=1:2'), { name: 'nofile', soft: 1, hard: 2 });
  t.deepEqual(parseUlimit('core=0:-1'), { name: 'core', soft: 0, hard: -1 });
  for (const bad of [
    'nofile',
    'nofile=',
    'nofile=x',
    'files=1',
    'nofile=2:1',
    'nofile=-1:5',
    'nofile=-2',
    'nofile=1:2:3',
  ]) {
    t.is(
      codeOf(() => parseUlimit(bad)),
      'OPTION_INVALID',
      bad,
    );
  }
  t.throws(() => parseUlimit('nofiles=1'), {
    message: 'invalid ulimit type: nofiles (did you mean nofile?)',
  });
});

test('size: units of docker', (t) => {
  const sizes: [string, number][] = [
    ['32', 32], ['32b', 32], ['32k', 32768], ['32KB', 32768], ['64m', 67108864], ['1.5g', 1610612736],
    ['1GiB', 1073741824], ['2 kb', 2048], ['0', 0], ['1t', 1099511627776],
  ]; // prettier-ignore
  for (const [text, bytes] of sizes) t.is(parseSize(text, '--shm-size'), bytes, text);
  for (const bad of ['', 'm', '-1', '1x', '1mm', 'NaN', '1e3', '9999999p']) {
    t.is(
      codeOf(() => parseSize(bad, '--shm-size')),
      'OPTION_INVALID',
      bad,
    );
  }
});

test('add-host', (t) => {
  t.deepEqual(parseAddHost('a.b:10.0.0.1'), { host: 'a.b', ip: '10.0.0.1' });
  t.deepEqual(parseAddHost('a=10.0.0.1'), { host: 'a', ip: '10.0.0.1' });
  t.deepEqual(parseAddHost('a:::1'), { host: 'a', ip: '::1' });
  t.deepEqual(parseAddHost('a=[::1]'), { host: 'a', ip: '::1' });
  for (const bad of ['a', 'a:', ':1.1.1.1', 'a:300.1.1.1', 'a b:1.1.1.1', 'a:1.1.1.1\nb']) {
    t.is(
      codeOf(() => parseAddHost(bad)),
      'OPTION_INVALID',
      bad,
    );
  }
  t.is(
    codeOf(() => parseAddHost('a:host-gateway')),
    'OPTION_UNSUPPORTED',
  );
});

test('build-context', (t) => {
  t.deepEqual(parseBuildContext('a=../b=c'), ['a', '../b=c']);
  t.deepEqual(parseBuildContext('alpine:latest=docker-image://x'), ['alpine', 'docker-image://x']);
  t.deepEqual(parseBuildContext('alpine:3=oci-layout://x'), ['alpine:3', 'oci-layout://x']);
  for (const bad of ['a', '=b', 'a=', 'A B=c', 'A=b'])
    t.is(
      codeOf(() => parseBuildContext(bad)),
      'OPTION_INVALID',
      bad,
    );
  const named = t.throws(() => parseBuildContext('https://user:hunter2@host/x'));
  t.regex(named.message, /https:\/\/host\/x/);
});

test('annotation', (t) => {
  for (const good of ['a=b', 'a=', 'index:a=b', 'manifest[linux/amd64],index-descriptor:a=b=c'])
    t.is(parseAnnotation(good), good);
  for (const bad of ['a', '=b', 'indx:a=b', 'index[:a=b'])
    t.is(
      codeOf(() => parseAnnotation(bad)),
      'OPTION_INVALID',
      bad,
    );
});

test('label and build-arg', (t) => {
  t.deepEqual(parseLabel('a=b=c'), ['a', 'b=c']);
  t.deepEqual(parseLabel('a'), ['a', '']);
  t.is(
    codeOf(() => parseLabel('=b')),
    'OPTION_INVALID',
  );
  t.deepEqual(parseBuildArg('A=b=c', {}), ['A', 'b=c']);
  t.deepEqual(parseBuildArg('A=', { A: 'x' }), ['A', '']);
  t.deepEqual(parseBuildArg('A', { A: 'x' }), ['A', 'x']);
  t.is(parseBuildArg('A', {}), undefined);
  t.is(
    codeOf(() => parseBuildArg('=b', {})),
    'OPTION_INVALID',
  );
});

test('platforms: one', (t) => {
  t.is(parsePlatformList([]), undefined);
  t.is(parsePlatformList(['linux/arm64', 'linux/arm64']), 'linux/arm64');
  t.is(
    codeOf(() => parsePlatformList(['linux/arm64,linux/amd64'])),
    'OPTION_UNSUPPORTED',
  );
});

test('call', (t) => {
  t.deepEqual(parseCall('build'), { method: 'build', format: 'text' });
  t.deepEqual(parseCall('check,format=json'), { method: 'check', format: 'json' });
  t.is(
    codeOf(() => parseCall('outline')),
    'OPTION_UNSUPPORTED',
  );
  t.is(
    codeOf(() => parseCall('chek')),
    'OPTION_INVALID',
  );
  t.is(
    codeOf(() => parseCall('check,format=xml')),
    'OPTION_INVALID',
  );
});
