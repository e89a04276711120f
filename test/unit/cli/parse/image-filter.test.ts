import test from 'ava';
import { parseImageFilters } from '../../../../src/cli/parse/image-filter.js';

test('filters of images', (t) => {
  t.deepEqual(parseImageFilters([]), {});
  t.deepEqual(
    parseImageFilters([
      'reference=a',
      'reference=b:*',
      'label=x',
      'label=y=1=2',
      'dangling=1',
      'before=q',
      'since=r',
    ]),
    {
      references: ['a', 'b:*'],
      labels: [{ key: 'x' }, { key: 'y', value: '1=2' }],
      isDangling: true,
      before: 'q',
      since: 'r',
    },
  );
  t.deepEqual(parseImageFilters(['dangling=true', 'dangling=false']), { isDangling: false });
});

test('what is no filter is refused with the keys', (t) => {
  for (const text of ['', 'x', 'label', 'label=', '=1', 'until=1h', 'toString=1'])
    t.like(
      t.throws(() => parseImageFilters([text]), undefined, text),
      {
        code: 'OPTION_INVALID',
        hint: 'write KEY=VALUE with a key of reference, dangling, before, since, label',
      },
    );
  t.like(
    t.throws(() => parseImageFilters(['dangling=x'])),
    { code: 'OPTION_INVALID', message: 'invalid filter dangling=x: not a boolean' },
  );
});
