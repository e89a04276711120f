import test from 'ava';
import fc from 'fast-check';
import { displayWidth } from '../../../../src/cli/render/display-width.js';
import { renderTable, tableStyleOf, type Column } from '../../../../src/cli/render/table.js';

interface Row {
  readonly name: string;
  readonly size: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'REPOSITORY', text: ({ name }) => name, isCut: true },
  { title: 'SIZE', text: ({ size }) => size, isRight: true },
];

test('columns are as wide as their widest cell and three spaces apart, numbers stand right', (t) => {
  const rows = [
    { name: 'app', size: '1.2MB' },
    { name: 'registry.test/team/app', size: '980MB' },
    { name: '日本', size: '1B' },
  ];
  t.is(
    renderTable(COLUMNS, rows),
    [
      'REPOSITORY                SIZE',
      'app                      1.2MB',
      'registry.test/team/app   980MB',
      '日本                        1B',
      '',
    ].join('\n'),
  );
});

test('without rows there are the titles alone', (t) => {
  t.is(renderTable(COLUMNS, []), 'REPOSITORY   SIZE\n');
});

test('on a narrow terminal only columns that may be cut are shortened, and not to nothing', (t) => {
  const rows = [{ name: 'registry.test/team/app', size: '980MB' }];
  t.is(renderTable(COLUMNS, rows, { width: 20 }), 'REPOSITORY      SIZE\nregistry.te…   980MB\n');
  t.is(renderTable(COLUMNS, rows, { width: 3 }), 'REPOSIT…    SIZE\nregistr…   980MB\n');
});

test('a cell cannot move the cursor', (t) => {
  t.false(renderTable(COLUMNS, [{ name: 'a\x1b[2Jb\nc', size: '1B' }]).includes('\x1b'));
});

test('colours and the width are those of a terminal only', async (t) => {
  const stream = { isTTY: true, columns: 40 } as NodeJS.WritableStream & { isTTY: boolean; columns: number };
  const style = await tableStyleOf(stream, { TERM: 'xterm' });
  t.is(style.width, 40);
  t.is(renderTable(COLUMNS, [], style), '\x1b[2mREPOSITORY   SIZE\x1b[22m\n');
  t.is(renderTable(COLUMNS, [], await tableStyleOf(stream, { NO_COLOR: '1' })), 'REPOSITORY   SIZE\n');
  t.deepEqual(await tableStyleOf({ ...stream, isTTY: false }, {}), {});
});

test('no line is wider than a terminal that has room for what cannot be cut', (t) => {
  const row = fc.record({
    name: fc.string({ maxLength: 60, unit: 'grapheme' }),
    size: fc.constant('12.3MB'),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 5 }), fc.integer({ min: 17, max: 60 }), (rows, width) => {
      for (const line of renderTable(COLUMNS, rows, { width }).split('\n'))
        t.true(displayWidth(line) <= width);
    }),
  );
});
