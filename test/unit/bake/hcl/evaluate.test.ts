import test from 'ava';
import { argsOf } from '../definition-for-test.js';

const valueOf = (expression: string) =>
  (argsOf(`target "app" { args = { v = ${expression} } }`) as { v: string }).v;

/** Expression and its value as text. */
const TABLE: readonly (readonly [string, string])[] = [
  ['"a${1 + 1}b"', 'a2b'],
  ['"$${x} %%{y}"', '$${x} %%{y}'],
  ['"\\u00e9\\n\\t\\"\\\\"', 'é\n\t"\\'],
  ['"%{ if true }yes%{ else }no%{ endif }"', 'yes'],
  ['"%{ if false }yes%{ endif }"', ''],
  ['"%{ for v in ["a", "b"] }<${v}>%{ endfor }"', '<a><b>'],
  ['"a ${~ "b" ~} c"', 'abc'],
  ['join(",", [for i, v in ["x", "y"] : "${i}${v}" if v != "x"])', '1y'],
  ['jsonencode({for k, v in {b = 2, a = 1} : upper(k) => v})', '{"A":1,"B":2}'],
  ['jsonencode({for v in ["ab", "ac", "b"] : substr(v, 0, 1) => v...})', '{"a":["ab","ac"],"b":["b"]}'],
  ['jsonencode([{n = 1}, {n = 2}][*].n)', '[1,2]'],
  ['jsonencode([{n = [1]}, {n = [2]}].*.n[0])', '[1]'],
  ['jsonencode(null[*])', '[]'],
  ['{a = {b = [1, 2]}}.a.b[1]', '2'],
  ['{"x-y" = 1}["x-y"]', '1'],
  ['[1, 2, 3].1', '2'],
  ['1 + 2 * 3 - 4 / 2', '5'],
  ['-3 % 2', '-1'],
  ['!true || 1 < 2 && "a" == "a"', 'true'],
  ['1 == "1"', 'false'],
  ['max([1, 5, 3]...)', '5'],
  ['true ? "a" : unknown', 'a'],
  ['try(unknown, {a = 1}.b, "last")', 'last'],
  ['can(1 / 0)', 'false'],
  ['convert("12", number) + 1', '13'],
  ['1e3', '1000'],
  ['0.1', '0.1'],
  ['100000000000000000000000', '99999999999999991611392'],
];

for (const [expression, expected] of TABLE)
  test(`${expression} is ${JSON.stringify(expected)}`, (t) => {
    t.is(valueOf(expression), expected);
  });

test('heredocs keep their lines, and lose their indentation with a dash', (t) => {
  const text =
    'target "app" {\n  args = {\n    a = <<EOT\n  x\n    ${1 + 1}\nEOT\n    b = <<-EOT\n      one\n\n        two\n    EOT\n  }\n}\n';
  t.deepEqual(argsOf(text), { a: '  x\n    2\n', b: 'one\n\n  two\n' });
});

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['"${null}x"', /a text is needed here, and the value is null/],
  ['"${[1]}x"', /a text is needed here, and the value is tuple/],
  ['[1][3]', /the list has 1 elements, and none at 3/],
  ['{a = 1}.b', /nothing with the name b/],
  ['1 / 0', /division by zero/],
  ['"a" + 1', /\+ needs a number, and the value is string/],
  ['upper(1, 2)', /upper: the number of arguments is 1, and 2 were given/],
  ['nosuch(1)', /there is no function nosuch/],
  ['cidrhost("10.0.0.0/8", 1)', /this function of buildx is not supported/],
  ["'a'", /unexpected character/],
  ['"a', /the string is not closed/],
  ['"${1', /is not closed/],
  ['[1 2]', /expected "\]", found "2"/],
  ['{for v in ["a", "a"] : v => 1}', /the key a is made twice/],
];

for (const [expression, message] of REFUSED)
  test(`${expression} is refused`, (t) => {
    t.throws(() => valueOf(expression), { code: 'BAKE_INVALID', message });
  });
