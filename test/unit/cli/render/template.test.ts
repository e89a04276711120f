import test from 'ava';
import fc from 'fast-check';
import { TsbuildError } from '../../../../src/core/errors.js';
import { renderFormat } from '../../../../src/cli/render/template.js';

const ROW = {
  Name: 'app',
  Size: 12,
  Tags: ['a:1', 'b:2'],
  Config: { User: '', Labels: { 'b.c': 'x y', a: '1' }, Nothing: null },
};
const FIELDS = Object.keys(ROW);

const format = (text: string, rows: readonly object[] = [ROW]): string =>
  renderFormat(text, rows as readonly Record<string, unknown>[], {
    fields: FIELDS,
    titles: { Name: 'THE NAME' },
    style: {},
  });

test('templates and what they print', (t) => {
  const rows: readonly (readonly [string, string])[] = [
    ['{{.Name}}', 'app'],
    ['{{ .Name }}:{{.Size}}', 'app:12'],
    ['{{json .Name}}', '"app"'],
    ['{{json .}}', JSON.stringify(ROW)],
    ['{{.Config.Labels.a}}', '1'],
    ['{{json .Config.Labels}}', '{"b.c":"x y","a":"1"}'],
    ['{{index .Tags 1}}', 'b:2'],
    ['{{index .Config.Labels "b.c"}}', 'x y'],
    ['{{json (index .Tags 0)}}', '"a:1"'],
    ['{{index .Tags 9}}', ''],
    ['{{.Tags}}', '[a:1 b:2]'],
    ['{{.Config}}', 'map[Labels:map[a:1 b.c:x y] Nothing: User:]'],
    ['{{.Config.Missing}}', ''],
    ['{{json .Config.Missing}}', 'null'],
    [String.raw`{{.Name}}\t{{.Size}}\n`, 'app\t12\n'],
    ['no field', 'no field'],
    ['', ''],
  ];
  for (const [text, expected] of rows) t.is(format(text), `${expected}\n`, text);
});

test('json is a line for each row', (t) => {
  t.is(format('json', [ROW, { Name: 'b' }]), `${JSON.stringify(ROW)}\n{"Name":"b"}\n`);
});

test('a table has the fields for titles and a column for each tab', (t) => {
  t.is(
    format(String.raw`table {{.Name}}\t{{.Size}} bytes`, [ROW, { Name: 'longer-name', Size: 1 }]),
    'THE NAME      SIZE bytes\napp           12 bytes\nlonger-name   1 bytes\n',
  );
});

test('what is not supported is refused with the fields', (t) => {
  const texts = [
    '{{.Nope}}',
    '{{range .Tags}}{{.}}{{end}}',
    '{{if .Name}}x{{end}}',
    '{{.Name',
    '{{}}',
    '{{Name}}',
    '{{json}}',
    '{{index .Tags}}',
    '{{index .Tags x}}',
    '{{upper .Name}}',
    '{{.Name | json}}',
    '{{.Name..User}}',
  ];
  for (const text of texts) {
    const error = t.throws(() => format(text), { instanceOf: TsbuildError }, text);
    t.is(error?.code, 'OPTION_INVALID', text);
    t.true(error?.hint?.includes('Name, Size, Tags, Config'), text);
  }
});

test('a value cannot move the cursor', (t) => {
  const evil = [{ Name: '\x1b[2J' }];
  t.false(format('{{.Name}}{{json .Name}}', evil).includes('\x1b'));
  t.false(format('table {{.Name}}', evil).includes('\x1b'));
  t.false(format('json', evil).includes('\x1b'));
});

test('members of objects that every object has are none', (t) => {
  t.is(format('{{.Config.constructor}}{{.Config.__proto__}}{{index .Tags "length"}}'), '\n');
});

test('any text is a template or is refused', (t) => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('{{', '}}', '.', 'Name', ' ', 'json', 'index', '"', '0', '(') }),
      (text) => {
        try {
          t.true(format(text).endsWith('\n'));
        } catch (error) {
          t.true(error instanceof TsbuildError);
        }
      },
    ),
  );
});
