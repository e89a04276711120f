import test from 'ava';
import fc from 'fast-check';
import { printed, printedText, type Given } from './definition-for-test.js';

const hcl = (text: string) => ({ 'docker-bake.hcl': text });
const BASE = `
  group "default" { targets = ["db", "webapp"] }
  target "db" {
    context = "./db"
    tags = ["docker.io/tonistiigi/db"]
    output = ["type=image"]
  }
  target "webapp" {
    context = "./dir/"
    dockerfile = "Dockerfile-alternate"
    args = { buildno = "123" }
    output = [{ type = "image" }]
  }
  target "cross" { platforms = ["linux/amd64", "linux/arm64"] }
  target "webapp-plus" {
    inherits = ["webapp", "cross"]
    args = { IAMCROSS = "true" }
  }`;

test('printed as buildx prints', (t) => {
  t.is(
    printedText({ files: hcl(BASE), targets: ['webapp-plus'] }),
    `{
  "group": {
    "default": {
      "targets": [
        "webapp-plus"
      ]
    }
  },
  "target": {
    "webapp-plus": {
      "context": "dir",
      "dockerfile": "Dockerfile-alternate",
      "args": {
        "IAMCROSS": "true",
        "buildno": "123"
      },
      "platforms": [
        "linux/amd64",
        "linux/arm64"
      ],
      "output": [
        {
          "type": "image"
        }
      ]
    }
  }
}
`,
  );
});

test('the group default is built, and each target once', (t) => {
  const { group, target } = printed({ files: hcl(BASE) });
  t.deepEqual(group['default']!.targets, ['db', 'webapp']);
  t.deepEqual(Object.keys(target), ['db', 'webapp']);
});

test('patterns name targets and groups', (t) => {
  t.deepEqual(Object.keys(printed({ files: hcl(BASE), targets: ['webapp*'] }).target), [
    'webapp',
    'webapp-plus',
  ]);
  t.throws(() => printed({ files: hcl(BASE), targets: ['x*'] }), { code: 'TARGET_NOT_FOUND' });
  t.throws(() => printed({ files: hcl(BASE), targets: ['webap'] }), { message: /did you mean webapp\?/ });
});

test('lists are replaced or added, as the attribute has it', (t) => {
  const text = `
    target "base" {
      tags = ["a"]
      annotations = ["x=1"]
      cache-from = ["type=local,src=a", "repo/cache"]
      cache-to = ["type=local,dest=a"]
      secret = ["id=s,src=a"]
      labels = { l = "1", m = "1" }
      no-cache-filter = ["one"]
    }
    target "default" {
      inherits = ["base"]
      tags = ["b"]
      annotations = ["y=2"]
      cache-from = [{ type = "local", src = "a" }, { type = "registry", ref = "repo/two" }]
      cache-to = ["type=inline"]
      secret = [{ id = "s", env = "S" }, "id=t"]
      labels = { m = "2" }
      no-cache-filter = ["two", "one"]
    }`;
  t.deepEqual(printed({ files: hcl(text) }).target['default'], {
    annotations: ['x=1', 'y=2'],
    context: '.',
    dockerfile: 'Dockerfile',
    labels: { l: '1', m: '2' },
    tags: ['b'],
    'cache-from': [
      { src: 'a', type: 'local' },
      { ref: 'repo/cache', type: 'registry' },
      { ref: 'repo/two', type: 'registry' },
    ],
    'cache-to': [{ type: 'inline' }],
    secret: [{ id: 's', env: 'S' }, { id: 't' }],
    'no-cache-filter': ['one', 'two'],
  });
});

const set = (...texts: string[]): Given => ({ files: hcl(BASE), targets: ['webapp', 'db'], set: texts });

test('--set overrides targets that match', (t) => {
  const { target } = printed(
    set(
      '*.args.A=1',
      'webapp.tags=x',
      'webapp.tags=y',
      'db.tags+=z',
      '*.platform=linux/arm64',
      'web*.no-cache=true',
      'webapp.output=type=oci,dest=a.tar',
      'db.context=elsewhere',
      'webapp.labels.l=v',
    ),
  );
  t.like(target['webapp'], {
    args: { A: '1', buildno: '123' },
    tags: ['x', 'y'],
    platforms: ['linux/arm64'],
    'no-cache': true,
    output: [{ dest: 'a.tar', type: 'oci' }],
    labels: { l: 'v' },
  });
  t.like(target['db'], { tags: ['docker.io/tonistiigi/db', 'z'], context: 'elsewhere' });
});

test('an argument without a value is that of the environment', (t) => {
  const given = { ...set('webapp.args.FROM_ENV', 'webapp.args.UNSET'), env: { FROM_ENV: 'e' } };
  t.deepEqual(printed(given).target['webapp']!['args'], { FROM_ENV: 'e', buildno: '123' });
});

test('what is inherited is overridden too', (t) => {
  const given = {
    files: hcl(BASE),
    targets: ['webapp-plus'],
    set: ['webapp.args.buildno=9', 'cross.platform=linux/s390x'],
  };
  t.like(printed(given).target['webapp-plus'], { args: { buildno: '9' }, platforms: ['linux/s390x'] });
});

test('--push and --load change outputs as buildx does', (t) => {
  const text =
    'target "a" {}\ntarget "b" { output = ["type=docker,dest=x.tar"] }\ntarget "c" { output = ["type=local,dest=out"] }\ntarget "d" { output = ["type=image,name=n"] }';
  const outputs = (...overrides: string[]) => {
    const { target } = printed({ files: hcl(text), targets: ['a', 'b', 'c', 'd'], set: overrides });
    return Object.values(target).map((one) => one['output'] ?? []);
  };
  t.deepEqual(outputs('*.push=true'), [
    [{ push: 'true', type: 'image' }],
    [
      { dest: 'x.tar', type: 'docker' },
      { push: 'true', type: 'image' },
    ],
    [{ dest: 'out', type: 'local' }],
    [{ name: 'n', push: 'true', type: 'image' }],
  ]);
  t.deepEqual(outputs('*.load=true'), [
    [{ type: 'docker' }],
    [{ dest: 'x.tar', type: 'docker' }, { type: 'docker' }],
    [{ dest: 'out', type: 'local' }],
    [{ name: 'n', type: 'image' }, { type: 'docker' }],
  ]);
});

for (const [text, message] of [
  ['webapp', /written TARGET\.KEY=VALUE/],
  ['webapp.tags', /written TARGET\.KEY=VALUE/],
  ['nosuch.tags=x', /could not find any target matching 'nosuch'/],
  ['webapp.tag=x', /there is no key tag \(did you mean tags\?\)/],
  ['webapp.args=x', /args needs a name/],
  ['webapp.pull=perhaps', /invalid value perhaps for boolean key pull/],
  ['webapp.inherits=x', /cannot be overridden/],
  ['webapp.secret.s=src=x', /must be declared before/],
] as const)
  test(`--set ${text} is refused`, (t) => {
    t.throws(() => printed(set(text)), { message });
  });

test('linked targets are built for their users', (t) => {
  const text = `
    target "base" { output = ["type=image"] }
    target "app" { contexts = { base = "target:base", other = "docker-image://alpine", none = "" } }`;
  const { target, group } = printed({ files: hcl(text), targets: ['app'] });
  t.deepEqual(target['base']!['output'], [{ type: 'cacheonly' }]);
  t.deepEqual(target['app']!['contexts'], { base: 'target:base', other: 'docker-image://alpine' });
  t.deepEqual(group['default']!.targets, ['app']);
  t.deepEqual(printed({ files: hcl(text), targets: ['app', 'base'] }).target['base']!['output'], [
    { type: 'image' },
  ]);
});

test('loops of links are refused', (t) => {
  const loop = 'target "a" { contexts = { x = "target:b" } }\ntarget "b" { contexts = { x = "target:a" } }';
  t.throws(() => printed({ files: hcl(loop), targets: ['a'] }), { message: /infinite loop from b to a/ });
  const own = 'target "a" { contexts = { x = "target:a" } }';
  t.throws(() => printed({ files: hcl(own), targets: ['a'] }), { message: /cannot link to itself/ });
});

test('a host network asks for its entitlement, and so do those who use it', (t) => {
  const text = 'target "base" { network = "host" }\ntarget "default" { contexts = { b = "target:base" } }';
  t.deepEqual(printed({ files: hcl(text) }).target['default']!['entitlements'], ['network.host']);
});

test('what is printed, read again, prints the same', (t) => {
  const texts = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.string({ maxLength: 8 }));
  const target = fc.record(
    {
      args: texts,
      labels: texts,
      tags: fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { maxLength: 3 }),
      platforms: fc.array(fc.constantFrom('linux/amd64', 'linux/arm64'), { maxLength: 2 }),
      'no-cache': fc.boolean(),
      'dockerfile-inline': fc.string(),
      'cache-from': fc.array(
        fc.record({ type: fc.constant('local'), src: fc.stringMatching(/^[a-z,"]{1,5}$/) }),
        { maxLength: 3 },
      ),
    },
    { requiredKeys: [] },
  );
  const escaped = (text: string) => text.replaceAll('${', () => '$${').replaceAll('%{', () => '%%{');
  fc.assert(
    fc.property(target, (one) => {
      const files = { 'docker-bake.json': escaped(JSON.stringify({ target: { default: one } })) };
      const once = printedText({ files });
      t.is(printedText({ files: { 'docker-bake.json': once } }), once);
    }),
  );
});
