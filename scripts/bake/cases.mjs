// Definitions that both are given. `files` by name, the arguments behind `bake --print`, the environment.
import { COMPOSE, COMPOSE_CASES } from './compose-cases.mjs';

const hcl = (text, more = {}) => ({ files: { 'docker-bake.hcl': text }, args: [], env: {}, ...more });
const json = (value, more = {}) => ({
  files: { 'docker-bake.json': JSON.stringify(value) },
  args: [],
  env: {},
  ...more,
});
const one = (body) => `target "default" {\n${body}\n}\n`;
/** One expression of the language as the value of an argument. */
const expression = (text) => hcl(one(`args = { A = ${text} }`));

const VARIABLES = `variable "TAG" { default = "dev" }
variable "COUNT" { default = 3 }
variable "IS" { default = true }
variable "NONE" {}
target "default" {
  tags = ["app:\${TAG}"]
  args = { COUNT = COUNT, SUM = COUNT + 1, IS = IS ? "yes" : "no", NONE = NONE }
}
`;
const INHERITED = `group "default" { targets = ["web", "api"] }
target "base" {
  args = { A = "1", B = "2" }
  tags = ["base:1"]
  labels = { x = "y" }
  platforms = ["linux/amd64"]
  cache-from = ["type=registry,ref=a"]
  cache-to = ["type=inline"]
  secret = ["id=s,src=s"]
  ssh = ["default"]
  output = ["type=docker"]
  no-cache-filter = ["a"]
}
target "other" { args = { B = "3" } }
target "web" {
  inherits = ["base", "other"]
  args = { C = "4" }
  cache-from = ["type=registry,ref=b"]
  secret = ["id=t,env=T"]
}
target "api" {
  inherits = ["web"]
  tags = ["api:1"]
  output = ["type=registry"]
  cache-to = ["type=registry,ref=c,mode=max"]
}
`;
const MATRIX = `target "app" {
  name = "app-\${tgt}-\${replace(version, ".", "-")}"
  matrix = { tgt = ["lint", "test"], version = ["1.0", "2.0"] }
  target = tgt
  args = { VERSION = version }
}
`;

export const CASES = {
  ...COMPOSE_CASES,
  'an empty target': hcl(one('')),
  'every attribute': hcl(
    one(`context = "c"
  dockerfile = "d"
  args = { A = "1" }
  labels = { l = "1" }
  annotations = ["index:a=b"]
  contexts = { x = "y", i = "docker-image://alpine" }
  tags = ["a:1", "a:2"]
  target = "t"
  platforms = ["linux/amd64", "linux/arm64"]
  cache-from = ["user/cache"]
  cache-to = ["type=local,dest=d"]
  secret = ["id=a,src=b", "id=c,env=D"]
  ssh = ["default"]
  output = ["type=oci,dest=o.tar", "out"]
  pull = true
  no-cache = true
  no-cache-filter = ["a", "b"]
  shm-size = "64m"
  ulimits = ["nofile=1024:1024"]
  attest = ["type=sbom", "type=provenance,mode=max"]`),
  ),
  'text of a Dockerfile': hcl(one('dockerfile-inline = "FROM scratch\\n"')),
  'text of a Dockerfile, heredoc': hcl(
    'target "default" {\n  dockerfile-inline = <<EOT\nFROM scratch\nCOPY . .\nEOT\n}\n',
  ),
  'heredoc without indentation': hcl(
    'target "default" {\n  args = { A = <<-EOT\n    one\n      two\n    EOT\n  }\n}\n',
  ),
  variables: hcl(VARIABLES),
  'variables of the environment': hcl(VARIABLES, { env: { TAG: 'v2', COUNT: '7', IS: 'false', NONE: 'x' } }),
  'a number that is none': hcl(VARIABLES, { env: { COUNT: 'many' } }),
  'a boolean that is none': hcl(VARIABLES, { env: { IS: 'maybe' } }),
  'a variable of variables': hcl(
    'variable "A" { default = "a" }\nvariable "B" { default = "${A}-b" }\n' + one('tags = ["x:${B}"]'),
    { env: { A: 'z' } },
  ),
  'a variable that names itself': hcl('variable "A" { default = "${A}" }\n' + one('args = { A = A }')),
  'an attribute of the file': hcl('A = "a"\n' + one('args = { A = "${A}b" }'), { env: { A: 'z' } }),
  'a variable that is not there': hcl(one('args = { A = NOPE }')),
  'a variable without use is null': hcl('variable "A" { default = null }\n' + one('args = { A = A }')),
  'a function': hcl(
    'function "tag" {\n  params = [name]\n  variadic_params = more\n  result = "${name}:${join("-", more)}"\n}\n' +
      one('tags = [tag("a", "b", "c")]'),
  ),
  'a function of a function': hcl(
    'function "a" {\n  params = [x]\n  result = "<${b(x)}>"\n}\nfunction "b" {\n  params = [x]\n  result = upper(x)\n}\n' +
      one('args = { A = a("q") }'),
  ),
  'a function with a variable': hcl(
    'variable "V" { default = "v" }\nfunction "a" {\n  params = []\n  result = V\n}\n' +
      one('args = { A = a() }'),
  ),
  'a function that is not there': hcl(one('args = { A = nope("x") }')),
  'too few arguments': hcl(one('args = { A = upper() }')),
  'a condition': expression('1 > 2 ? "a" : "b"'),
  'for over a list': hcl(one('tags = [for t in ["a", "b"] : "x:${t}" if t != "a"]')),
  'for over a map': hcl(one('args = { for k, v in { a = "1", b = "2" } : upper(k) => v }')),
  'a template with for and if': expression(
    '"%{ for x in ["a", "b"] }${x},%{ endfor }%{ if true }yes%{ else }no%{ endif }"',
  ),
  'a splat': hcl(
    'variable "L" { default = [{ n = "a" }, { n = "b" }] }\n' + one('args = { A = join(",", L[*].n) }'),
  ),
  'an index': expression('["a", "b"][1]'),
  'a key': expression('{ a = "x" }["a"]'),
  escapes: expression('"$${A} %%{B} \\"q\\" \\t\\u00e9"'),
  arithmetic: expression('"${1 + 2 * 3 - 4 / 2 % 3}"'),
  logic: expression('"${!(true && false) || 1 == 1}"'),
  'large numbers': expression('"${1000000} ${1.5} ${1e3} ${10 / 4}"'),
  'functions of texts': expression(
    'join("|", [lower("A"), title("a b"), trimspace(" a "), trim("xax", "x"), trimprefix("ab", "a"), trimsuffix("ab", "b"), replace("a.b", ".", "-"), regex_replace("a1", "[0-9]", "x"), substr("abcd", 1, 2), reverse("ab"), strlen("abc"), indent(2, "a\\nb"), chomp("a\\n"), format("%s-%03d-%q", "a", 7, "b")])',
  ),
  'functions of lists': expression(
    'join("|", concat(compact(["a", ""]), distinct(["b", "b"]), sort(["d", "c"]), reverselist(["e", "f"]), slice(["g", "h", "i"], 1, 2), flatten([["j"], "k"]), split(",", "l,m"), [element(["n"], 3)], formatlist("<%s>", ["o"]), [for x in setunion(["p"], ["p"]) : x], keys({ q = 1 }), values({ r = "s" }), [coalesce("", "t")], [lookup({ u = "v" }, "w", "x")], [length(["y"])], [jsonencode({ z = [1, null] })]))',
  ),
  'functions of numbers': expression(
    'join("|", [absolute(-1), ceil(1.2), floor(1.8), max(1, 3), min(1, 3), pow(2, 3), signum(-5), log(8, 2), parseint("ff", 16), int(1.9), add(1, 2), subtract(3, 1), multiply(2, 3), divide(6, 3), modulo(7, 4), negate(1)])',
  ),
  'functions of encodings': expression(
    'join("|", [base64encode("a"), base64decode("YQ=="), urlencode("a b&c"), md5("a"), sha1("a"), sha256("a"), sha512("a"), jsondecode("[\\"x\\"]")[0], csvdecode("a,b\\n1,2")[0].b])',
  ),
  'functions of patterns': expression(
    'join("|", [regex("[a-z]+", "12ab"), regexall("[0-9]", "1a2")[1], contains(["a"], "a") ? "y" : "n", can(regex("x", "y")) ? "y" : "n", try(regex("x", "y"), "z")])',
  ),
  'functions that compare': expression(
    'join("|", [equal(1, 1), notequal(1, 1), greaterthan(2, 1), lessthan(2, 1), and(true, false), or(true, false), not(true), hasindex(["a"], 0)])',
  ),
  'functions of sets and ranges': expression(
    'join("|", concat(range(3), [for p in setproduct(["a"], ["b"]) : join("", p)], [for x in setintersection(["a", "b"], ["b"]) : x], [for x in setsubtract(["a", "b"], ["b"]) : x], [for l in chunklist(["a", "b", "c"], 2) : join("", l)], [zipmap(["k"], ["v"]).k, merge({ a = "1" }, { a = "2" }).a]))',
  ),
  'functions of time': expression('formatdate("YYYY-MM-DD", "2024-01-02T03:04:05Z")'),
  groups: hcl(
    'group "default" { targets = ["a", "more"] }\ngroup "more" { targets = ["b", "c"] }\ntarget "a" {}\ntarget "b" {}\ntarget "c" {}\n',
  ),
  'a group by name': hcl('group "more" { targets = ["b"] }\ntarget "a" {}\ntarget "b" {}\n', {
    args: ['more', 'a'],
  }),
  'groups in a ring': hcl('group "default" { targets = ["x"] }\ngroup "x" { targets = ["default"] }\n'),
  'a target and a group of one name': hcl('group "a" { targets = ["b"] }\ntarget "a" {}\ntarget "b" {}\n', {
    args: ['a'],
  }),
  'no default': hcl('target "a" {}\n'),
  'a target that is not there': hcl('target "a" {}\n', { args: ['b'] }),
  'a group of nothing': hcl('group "default" { targets = ["nope"] }\n'),
  inheritance: hcl(INHERITED),
  'inheritance in a ring': hcl('target "a" { inherits = ["b"] }\ntarget "b" { inherits = ["a"] }\n', {
    args: ['a'],
  }),
  'inheritance of nothing': hcl('target "default" { inherits = ["nope"] }\n'),
  'a null hides nothing': hcl(
    'target "b" {\n  args = { A = "1" }\n  target = "t"\n}\ntarget "default" {\n  inherits = ["b"]\n  args = { A = null }\n  target = null\n}\n',
  ),
  'empty lists': hcl(
    'target "b" {\n  tags = ["a"]\n  platforms = ["linux/amd64"]\n}\ntarget "default" {\n  inherits = ["b"]\n  tags = []\n  platforms = []\n}\n',
  ),
  matrix: hcl(MATRIX, { args: ['app'] }),
  'one of a matrix': hcl(MATRIX, { args: ['app-lint-1-0'] }),
  'a matrix of objects': hcl(
    'target "app" {\n  name = item.n\n  matrix = { item = [{ n = "a", t = "1" }, { n = "b", t = "2" }] }\n  args = { T = item.t }\n}\n',
    { args: ['app'] },
  ),
  'a matrix without a name': hcl('target "default" {\n  matrix = { a = ["1"] }\n}\n'),
  'a matrix with one name twice': hcl('target "default" {\n  name = "x"\n  matrix = { a = ["1", "2"] }\n}\n'),
  'an empty matrix': hcl('target "default" {\n  name = "x"\n  matrix = {}\n}\n'),
  'a name without a matrix': hcl('target "default" {\n  name = "x"\n}\n'),
  'linked targets': hcl('target "base" {}\ntarget "default" {\n  contexts = { base = "target:base" }\n}\n'),
  'links in a ring': hcl(
    'target "a" {\n  contexts = { b = "target:b" }\n}\ntarget "b" {\n  contexts = { a = "target:a" }\n}\n',
    { args: ['a'] },
  ),
  'a link to nothing': hcl('target "default" {\n  contexts = { b = "target:nope" }\n}\n'),
  references: hcl(
    'target "a" {\n  tags = ["x:1"]\n  dockerfile = "d"\n}\ntarget "default" {\n  tags = target.a.tags\n  dockerfile = target.a.dockerfile\n}\n',
  ),
  'a block twice': hcl(
    'target "default" {\n  args = { A = "1", B = "1" }\n}\ntarget "default" {\n  args = { A = "2" }\n}\n',
  ),
  json: json({
    variable: { TAG: { default: 'dev' } },
    group: { default: { targets: ['a'] } },
    target: { a: { tags: ['x:${TAG}'], args: { A: '${upper("q")}' } } },
  }),
  'several files': {
    files: {
      'a.hcl': one('tags = ["a:1"]\nargs = { A = "1" }'),
      'b.json': JSON.stringify({ target: { default: { tags: ['b:1'], args: { B: '2' } } } }),
    },
    args: ['-f', 'a.hcl', '-f', 'b.json'],
    env: {},
  },
  'a file and its override': {
    files: {
      'docker-bake.hcl': one('tags = ["a:1"]'),
      'docker-bake.override.hcl': one('args = { O = "1" }'),
    },
    args: [],
    env: {},
  },
  'a compose file and a bake file': {
    files: {
      'compose.yaml': COMPOSE,
      'docker-bake.hcl': 'target "api" {\n  platforms = ["linux/arm64"]\n}\n',
      Dockerfile: '',
    },
    args: [],
    env: {},
  },
  'no file': { files: {}, args: [], env: {} },
  'a file that is not there': { files: {}, args: ['-f', 'nope.hcl'], env: {} },
  'a mistake of syntax': hcl('target "default" {\n  tags = [\n'),
  'an attribute that is unknown': hcl(one('nope = "x"')),
  'a block that is unknown': hcl('nope "x" {}\n' + one('')),
  'a wrong type': hcl(one('tags = { a = "b" }')),
  'a number for a text': hcl(one('dockerfile = 5\nargs = { A = 5, B = true }')),
  'set a text': hcl(INHERITED, {
    args: ['web', '--set', 'web.target=t', '--set', 'web.context=c', '--set', 'web.dockerfile=d'],
  }),
  'set lists': hcl(INHERITED, {
    args: [
      'web',
      '--set',
      'web.tags=x:1',
      '--set',
      'web.tags=x:2',
      '--set',
      '*.platform=linux/arm64',
      '--set',
      'web.output=type=registry',
      '--set',
      'web.cache-from=q',
      '--set',
      'web.cache-to=type=inline',
      '--set',
      'web.secrets=id=q,src=r',
      '--set',
      'web.ssh=default',
      '--set',
      'web.attest=type=sbom',
    ],
  }),
  'set maps': hcl(INHERITED, {
    args: [
      '--set',
      '*.args.A=9',
      '--set',
      'web.labels.l=m',
      '--set',
      'web.contexts.c=d',
      '--set',
      'web.args.E',
    ],
    env: { E: 'of env' },
  }),
  'set flags': hcl(INHERITED, {
    args: [
      'web',
      '--set',
      'web.no-cache=true',
      '--set',
      'web.pull=1',
      '--set',
      'web.no-cache-filter=z',
      '--set',
      'web.push=true',
    ],
  }),
  'set nothing known': hcl(INHERITED, { args: ['--set', 'nope.tags=x'] }),
  'set an unknown key': hcl(INHERITED, { args: ['web', '--set', 'web.nope=x'] }),
  'set without a key': hcl(INHERITED, { args: ['web', '--set', 'web=x'] }),
  'set without a value': hcl(INHERITED, { args: ['web', '--set', 'web.tags'] }),
  'set a target that inherits': hcl(INHERITED, { args: ['--set', 'base.args.A=7'] }),
  '--push': hcl(INHERITED, { args: ['--push'] }),
  '--load': hcl(INHERITED, { args: ['web', '--load'] }),
  '--no-cache and --pull': hcl(INHERITED, { args: ['web', '--no-cache', '--pull'] }),
  '--provenance and --sbom': hcl(INHERITED, { args: ['web', '--provenance=mode=max', '--sbom=true'] }),
};
