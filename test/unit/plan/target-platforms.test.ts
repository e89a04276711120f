// Which platforms a request means, and when an index is made.
import test from 'ava';
import { TsbuildError } from '../../../src/core/errors.js';
import { formatPlatform, parsePlatform, platformOfNode } from '../../../src/oci/platform.js';
import { targetPlatforms } from '../../../src/plan/target-platforms.js';

const local = platformOfNode('x64');
const platform = (text: string) => parsePlatform(text, local);
const names = (request: Parameters<typeof targetPlatforms>[0], env: NodeJS.ProcessEnv = {}) => {
  const { platforms, isIndex } = targetPlatforms(request, env);
  return [isIndex, ...platforms.map((each) => each && formatPlatform(each))];
};

test('none, one, several: in the order of the request, each once, however it is spelled', (t) => {
  t.deepEqual(names({}), [false, undefined]);
  t.deepEqual(names({ platform: platform('arm64') }), [false, 'linux/arm64']);
  t.deepEqual(names({ platforms: [platform('linux/arm64/v8')] }), [false, 'linux/arm64']);
  const spelled = [
    { os: 'Linux', architecture: 'aarch64' },
    platform('arm'),
    { os: 'linux', architecture: 'arm64', variant: 'v8' },
    { os: 'linux', architecture: 'x86_64', variant: 'v1' },
    platform('linux/amd64/v2'),
    platform('linux/arm/v7'),
  ];
  t.deepEqual(names({ platforms: spelled }), [
    true,
    'linux/arm64',
    'linux/arm/v7',
    'linux/amd64',
    'linux/amd64/v2',
  ]);
});

test('BUILDKIT_MULTI_PLATFORM asks for an index of one; a build argument wins over the environment', (t) => {
  const buildArgs = (value: string) => ({ buildArgs: { BUILDKIT_MULTI_PLATFORM: value } });
  t.deepEqual(names(buildArgs('1')), [true, undefined]);
  t.deepEqual(names({}, { BUILDKIT_MULTI_PLATFORM: 'true' }), [true, undefined]);
  t.deepEqual(names(buildArgs('0'), { BUILDKIT_MULTI_PLATFORM: '1' }), [false, undefined]);
  t.deepEqual(names(buildArgs('')), [false, undefined]);
});

test('what cannot be is refused in words', (t) => {
  const two = [platform('amd64'), platform('arm64')];
  const refused = (request: Parameters<typeof targetPlatforms>[0], code: string, message: string) =>
    t.throws(() => targetPlatforms(request, {}), { instanceOf: TsbuildError, code, message });
  refused(
    { platforms: two, buildArgs: { BUILDKIT_MULTI_PLATFORM: '0' } },
    'OPTION_CONFLICT',
    'conflicting config: returning multiple target platforms is not allowed',
  );
  refused(
    { buildArgs: { BUILDKIT_MULTI_PLATFORM: 'yes' } },
    'OPTION_INVALID',
    'invalid boolean value for multi-platform: yes',
  );
  refused(
    { platform: two[0]!, platforms: two },
    'OPTION_CONFLICT',
    'platform and platforms cannot be used together',
  );
});
