import test from 'ava';
import { parseIndexAnnotations } from '../../../src/plan/index-annotations.js';

const LOCAL = { os: 'linux', architecture: 'amd64' };
const parse = (text: string) => parseIndexAnnotations([text], LOCAL);

test('types with and without a platform, several at once', (t) => {
  t.deepEqual(parse('index:a.b=c=d'), [{ type: 'index', key: 'a.b', value: 'c=d' }]);
  t.deepEqual(parse('index,manifest-descriptor[linux/arm64/v8]:k='), [
    { type: 'index', key: 'k', value: '' },
    { type: 'manifest-descriptor', platform: { os: 'linux', architecture: 'arm64' }, key: 'k', value: '' },
  ]);
  t.deepEqual(parse('index:urn:x=1'), [{ type: 'index', key: 'urn:x', value: '1' }]);
  t.deepEqual(parse(''), []);
});

const REFUSED: readonly [text: string, code: string, message: RegExp][] = [
  ['a', 'OPTION_INVALID', /invalid annotation "a", expected key=value/],
  ['a=b', 'OPTION_UNSUPPORTED', /"" annotations are not supported yet/],
  ['manifest:a=b', 'OPTION_UNSUPPORTED', /"manifest" annotations are not supported yet/],
  ['manifest[linux/amd64]:a=b', 'OPTION_UNSUPPORTED', /"manifest" annotations/],
  ['index-descriptor:a=b', 'OPTION_UNSUPPORTED', /"index-descriptor" annotations are invalid/],
  ['index,other:a=b', 'OPTION_INVALID', /unknown annotation type "other"/],
  ['INDEX:a=b', 'OPTION_INVALID', /invalid annotation type "INDEX"/],
  ['index[linux:a=b', 'OPTION_INVALID', /invalid annotation type/],
  ['manifest-descriptor[plan9]:a=b', 'OPTION_INVALID', /failed to parse platform plan9/],
];

for (const [text, code, message] of REFUSED)
  test(`${text} is refused`, (t) => {
    const error = t.throws(() => parse(text), { message });
    t.is((error as { code?: string }).code, code);
  });
