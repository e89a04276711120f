import test from 'ava';
import { TsbuildError } from '../../../../src/core/errors.js';
import { argsOf, definitionOf, printed } from '../definition-for-test.js';

const hcl = (text: string) => ({ 'docker-bake.hcl': text });

test('variables see each other, in whatever order and file they stand', (t) => {
  const files = {
    'a.hcl': `
      variable "FOO" { default = upper("\${BASE}def") }
      variable "BAR" { default = "-\${FOO}-" }
      target "app" { args = { v1 = "pre-\${BAR}" } }`,
    'b.hcl': `
      variable "BASE" { default = "abc" }
      target "app" { args = { v2 = "\${FOO}-post" } }`,
  };
  t.deepEqual(printed({ files, targets: ['app'] }).target['app']!['args'], {
    v1: 'pre--ABCDEF-',
    v2: 'ABCDEF-post',
  });
  t.deepEqual(printed({ files, targets: ['app'], env: { BASE: 'new' } }).target['app']!['args'], {
    v1: 'pre--NEWDEF-',
    v2: 'NEWDEF-post',
  });
});

test('the type of the default is that of what the environment gives', (t) => {
  const text = `
    variable "FOO" { default = 3 }
    variable "IS_FOO" { default = true }
    target "app" { args = { v1 = FOO > 5 ? "higher" : "lower", v2 = IS_FOO ? "yes" : "no" } }`;
  t.deepEqual(argsOf(text), { v1: 'lower', v2: 'yes' });
  t.deepEqual(argsOf(text, { FOO: '5.1', IS_FOO: '0' }), { v1: 'higher', v2: 'no' });
  t.throws(() => argsOf(text, { FOO: 'NaN' }), { message: /failed to parse FOO as number/ });
  t.throws(() => argsOf(text, { IS_FOO: 'maybe' }), { message: /failed to parse IS_FOO as bool/ });
});

test('declared types read lists as CSV, and objects as JSON', (t) => {
  const text = `
    variable "LIST" {
      type = list(string)
      default = ["a"]
    }
    variable "MAP" { type = map(number) }
    variable "OBJECT" { type = object({ name = string, size = optional(number) }) }
    target "app" { args = {
      list = join("+", LIST)
      map = MAP == null ? "none" : jsonencode(MAP)
      object = try(OBJECT.name, "none")
    } }`;
  t.deepEqual(argsOf(text), { list: 'a', map: 'none', object: 'none' });
  t.deepEqual(argsOf(text, { LIST: 'x,"y,z"', MAP: 'a:1,b:2', OBJECT_JSON: '{"name":"n"}' }), {
    list: 'x+y,z',
    map: '{"a":1,"b":2}',
    object: 'n',
  });
  t.throws(() => argsOf(text, { OBJECT: 'x' }), { message: /unsupported type object for variable OBJECT/ });
});

test('a null hides nothing', (t) => {
  const text = `
    variable "FOO" { default = null }
    target "base" { args = { foo = "inherited" } }
    target "app" {
      inherits = ["base"]
      args = { foo = FOO }
    }`;
  t.deepEqual(argsOf(text), { foo: 'inherited' });
  t.deepEqual(argsOf(text, { FOO: 'bar' }), { foo: 'bar' });
});

test('attributes of a file are variables that the environment does not reach', (t) => {
  const text = 'FOO="abc"\nBAR="attr-${FOO}def"\ntarget "app" { args = { "v1": BAR } }';
  t.deepEqual(argsOf(text, { FOO: 'bar' }), { v1: 'attr-abcdef' });
});

test('targets name attributes of each other', (t) => {
  const text = `
    target "app" {
      dockerfile = "xxx"
      context = target.bar.context
      args = { name = target.app.name, none = target.bar.network == null }
    }
    x = target.app.dockerfile
    target "bar" {
      dockerfile = x
      context = "yyy"
    }`;
  const { target } = printed({ files: hcl(text), targets: ['app', 'bar'] });
  t.like(target['app'], { context: 'yyy', args: { name: 'app', none: 'true' } });
  t.like(target['bar'], { dockerfile: 'xxx' });
});

test('cycles are refused where they begin', (t) => {
  const variables = 'variable "A" { default = B }\nvariable "B" { default = A }\ntarget "app" {}';
  t.throws(() => argsOf(variables), { message: /variable cycle not allowed/ });
  const attributes =
    'target "app" { context = target.b.context }\ntarget "b" { context = target.app.context }';
  t.throws(() => argsOf(attributes), { message: /reference cycle not allowed for target\.app\.context/ });
  const functions = 'function "f" {\n params = []\n result = f()\n}\ntarget "app" { args = { a = f() } }';
  t.throws(() => argsOf(functions), { message: /function cycle not allowed for f/ });
});

test('functions of the file see variables, parameters and each other', (t) => {
  const text = `
    variable "REPO" { default = "user/repo" }
    function "tag" {
      params = [tag]
      variadic_params = more
      result = ["\${REPO}:\${tag}", twice(length(more))]
    }
    function "twice" {
      params = [number]
      result = number * 2
    }
    target "app" { tags = tag("v1", "x", "y") }`;
  t.deepEqual(printed({ files: hcl(text), targets: ['app'] }).target['app']!['tags'], ['user/repo:v1', '4']);
});

test('a matrix makes a target of each combination, and a group of them all', (t) => {
  const text = `
    target "app" {
      name = "app-\${tgt}-\${replace(version, ".", "-")}"
      matrix = {
        tgt = ["lint", "test"]
        version = ["1.0", "2.0"]
      }
      args = { VERSION = version }
      target = tgt
    }`;
  const { group, target } = printed({ files: hcl(text), targets: ['app'] });
  t.deepEqual(group['app']!.targets, ['app-lint-1-0', 'app-test-1-0', 'app-lint-2-0', 'app-test-2-0']);
  t.like(target['app-test-2-0'], { args: { VERSION: '2.0' }, target: 'test' });
});

test('a matrix of objects', (t) => {
  const text = `
    target "app" {
      name = "app-\${item.tgt}"
      matrix = { item = [{ tgt = "lint", version = "1.0" }, { tgt = "test", version = "2.0" }] }
      args = { VERSION = item.version }
    }`;
  t.like(printed({ files: hcl(text), targets: ['app-test'] }).target['app-test'], {
    args: { VERSION: '2.0' },
  });
});

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['target "app" { matrix = { a = ["x", "y"] } }', /duplicate name "app"/],
  ['target "app" { name = "x" }', /name requires matrix/],
  ['target "app" {\n name = "a b"\n matrix = { a = ["x"] }\n}', /invalid name "a b"/],
  ['target "app" { matrix = { a = "x" } }', /matrix values must be a list/],
  ['group "app" { matrix = { a = ["x"] } }', /matrix is not supported for groups/],
  ['target "app" { tag = ["x"] }', /no attribute tag \(did you mean tags\?\)/],
  ['target "app" { policy = ["x"] }', /policy of a target is not supported/],
  ['target "app" { tags = "x" }', /tags: a list is needed, and the value is string/],
  ['target "app" { pull = "perhaps" }', /pull: true or false is needed/],
  [
    'target "app" { args = { A = VERSIO } }\nvariable "VERSION" {}',
    /no variable VERSIO \(did you mean VERSION\?\)/,
  ],
  ['targets "app" {}', /no block targets/],
  ['target "a" "b" {}', /has one label/],
  [
    'variable "A" {\n default = 1\n validation {\n condition = A > 1\n error_message = "A is too small"\n }\n}',
    /A is too small/,
  ],
];

for (const [text, message] of REFUSED)
  test(`refused, with the line: ${text.slice(0, 50).replaceAll('\n', ' ')}`, (t) => {
    const error = t.throws(() => argsOf(text), { instanceOf: TsbuildError, message });
    t.is(error.location?.file, 'docker-bake.hcl');
  });

test('variables are listed with type and value', (t) => {
  const text = `
    variable "A" {
      type = list(number)
      default = [1, 2]
      description = "Numbers"
    }
    variable "B" { default = "x" }
    variable "C" { type = string }`;
  t.deepEqual(definitionOf({ files: hcl(text) }).variables, [
    { name: 'A', description: 'Numbers', type: 'list of number', value: '[1,2]' },
    { name: 'B', value: 'x' },
    { name: 'C', type: 'string' },
  ]);
});

test('JSON says the same as HCL', (t) => {
  const json = JSON.stringify({
    '//': 'a comment',
    variable: { TAG: { default: 'latest', type: 'string' } },
    function: { name: { params: ['x'], result: '${x}-${TAG}' } },
    group: { default: { targets: ['app'] } },
    target: { app: { tags: ['a:${TAG}', '${name("b")}'], args: { N: 1, ON: true, NONE: null } } },
  });
  const target = printed({ files: { 'docker-bake.json': json }, env: { TAG: '2' } }).target['app'];
  t.like(target, { tags: ['a:2', 'b-2'], args: { N: '1', ON: 'true' } });
});
