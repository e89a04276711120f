import test from 'ava';
import { argsOf } from '../definition-for-test.js';

const valueOf = (expression: string) =>
  (argsOf(`target "app" { args = { v = jsonencode(${expression}) } }`) as { v: string }).v;

const TABLE: readonly (readonly [string, unknown])[] = [
  ['upper("a")', 'A'],
  ['title("hello world")', 'Hello World'],
  ['trim("xxaxx", "x")', 'a'],
  ['trimprefix("v1.2", "v")', '1.2'],
  ['trimsuffix("a.git", ".git")', 'a'],
  ['chomp("a\\n\\n")', 'a'],
  ['replace("1.2.3", ".", "-")', '1-2-3'],
  ['regex_replace("v1.2", "v(\\\\d+)", "$1!")', '1!.2'],
  ['regex("(\\\\d+)\\\\.(\\\\d+)", "v1.2")', ['1', '2']],
  ['regex("(?P<major>\\\\d+)", "v1.2")', { major: '1' }],
  ['regexall("[a-z]", "1a2b")', ['a', 'b']],
  ['split(",", "a,b")', ['a', 'b']],
  ['join("-", ["a"], ["b"])', 'a-b'],
  ['substr("hello", 1, 3)', 'ell'],
  ['substr("hello", -2, -1)', 'lo'],
  ['strlen("e\\u0301x")', 2],
  ['indent(2, "a\\nb")', 'a\n  b'],
  ['format("%s-%05.1f|%-4d|%q|%v|%%|%x", "a", 3.14159, 7, "q", [1], 255)', 'a-003.1|7   |"q"|[1]|%|ff'],
  ['formatlist("%s:%s", "app", ["1", "2"])', ['app:1', 'app:2']],
  ['basename("/a/b.txt")', 'b.txt'],
  ['dirname("/a/b.txt")', '/a'],
  ['sanitize("a.b/c d")', 'a_b_c_d'],
  ['concat([1], [2, 3])', [1, 2, 3]],
  ['compact(["a", "", null])', ['a']],
  ['distinct([1, 2, 1])', [1, 2]],
  ['flatten([[1], [[2]]])', [1, 2]],
  ['sort(["b", "a"])', ['a', 'b']],
  ['contains(["a"], "a")', true],
  ['indexof(["a", "b"], "b")', 1],
  ['element(["a", "b"], 3)', 'b'],
  ['slice([1, 2, 3], 1, 2)', [2]],
  ['chunklist([1, 2, 3], 2)', [[1, 2], [3]]],
  ['keys({b = 1, a = 2})', ['a', 'b']],
  ['values({b = 1, a = 2})', [2, 1]],
  ['lookup({a = 1}, "b", 9)', 9],
  ['merge({a = 1, b = 1}, {b = 2})', { a: 1, b: 2 }],
  ['zipmap(["a"], [1])', { a: 1 }],
  [
    'setproduct(["a", "b"], [1, 2])',
    [
      ['a', 1],
      ['a', 2],
      ['b', 1],
      ['b', 2],
    ],
  ],
  ['setsubtract(["a", "b"], ["a"])', ['b']],
  ['coalesce(null, "a")', 'a'],
  ['length({a = 1})', 1],
  ['range(3)', [0, 1, 2]],
  ['range(4, 0, -2)', [4, 2]],
  ['ceil(1.2) + floor(1.8) + absolute(-1) + int(2.9)', 6],
  ['parseint("ff", 16)', 255],
  ['equal(null, null)', true],
  ['base64decode(base64encode("é"))', 'é'],
  ['sha256("")', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['md5("a")', '0cc175b9c0f1b6a831c399e269772661'],
  ['urlencode("a b&c")', 'a+b%26c'],
  ['jsondecode("{\\"a\\":[1]}").a', [1]],
  ['csvdecode("a,b\\n1,\\"x,y\\"\\n")', [{ a: '1', b: 'x,y' }]],
  ['uuidv5("dns", "www.example.com")', '2ed6657d-e927-568b-95e1-2665a8aea6a2'],
  ['timestamp()', '2023-11-14T22:13:20Z'],
  [
    'formatdate("YYYY-MM-DD\'T\'hh:mm:ss aa EEE MMM ZZZZ", timestamp())',
    '2023-11-14T10:13:20 pm Tue Nov +0000',
  ],
  ['formattimestamp("X", "2023-11-14T22:13:20Z")', '1700000000'],
  ['timeadd("2023-11-14T22:13:20+02:00", "1h30m")', '2023-11-14T23:43:20+02:00'],
  ['homedir()', '/home/u'],
];

for (const [expression, expected] of TABLE)
  test(`${expression}`, (t) => {
    t.deepEqual(JSON.parse(valueOf(expression)), expected);
  });
