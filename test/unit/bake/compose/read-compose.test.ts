import test from 'ava';
import { parseDotenv } from '../../../../src/bake/compose/dotenv.js';
import { interpolate } from '../../../../src/bake/compose/interpolate.js';
import { printed } from '../definition-for-test.js';

const compose = (text: string) => ({ 'compose.yaml': text });

test('services with a build are targets', (t) => {
  const text = `
services:
  db:
    build: ./db
    command: ./entrypoint.sh
    image: docker.io/tonistiigi/db
  webapp:
    build:
      context: ./dir
      additional_contexts:
        foo: ./bar
        base: service:db
      dockerfile: Dockerfile-alternate
      network: none
      args:
        buildno: 123
      cache_from: ["type=local,src=path/to/cache"]
      cache_to: ["type=local,dest=path/to/cache"]
      extra_hosts: ["somehost:162.242.195.82", "somehost:162.242.195.83", "myhostv6:::1"]
      ssh: ["key=/path/to/key", default]
      secrets: [token, aws]
      shm_size: 128m
      ulimits:
        nofile: { soft: 1024, hard: 2048 }
      provenance: mode=max
  external:
    image: nginx
  web.two:
    build:
      dockerfile_inline: |
        FROM alpine
secrets:
  token: { environment: ENV_TOKEN }
  aws: { file: /root/.aws/credentials }
`;
  const { group, target } = printed({ files: compose(text) });
  t.deepEqual(group['default']!.targets, ['db', 'web_two', 'webapp']);
  t.deepEqual(target['db'], { context: 'db', dockerfile: 'Dockerfile', tags: ['docker.io/tonistiigi/db'] });
  t.like(target['web_two'], { context: '.', 'dockerfile-inline': 'FROM alpine\n' });
  t.deepEqual(target['webapp'], {
    attest: [{ mode: 'max', type: 'provenance' }],
    context: 'dir',
    contexts: { base: 'target:db', foo: 'bar' },
    dockerfile: 'Dockerfile-alternate',
    args: { buildno: '123' },
    'cache-from': [{ src: 'path/to/cache', type: 'local' }],
    'cache-to': [{ dest: 'path/to/cache', type: 'local' }],
    secret: [
      { id: 'aws', src: '/root/.aws/credentials' },
      { id: 'token', env: 'ENV_TOKEN' },
    ],
    ssh: [{ id: 'default' }, { id: 'key', paths: ['/path/to/key'] }],
    network: 'none',
    'shm-size': '128MiB',
    ulimits: ['nofile=1024:2048'],
    'extra-hosts': { myhostv6: '::1', somehost: '162.242.195.82,162.242.195.83' },
  });
});

test('x-bake adds what compose has no word for', (t) => {
  const text = `
services:
  addon:
    image: ct-addon:bar
    build:
      tags: ["ct-addon:baz"]
      x-bake:
        tags: ["ct-addon:foo", "ct-addon:baz"]
        platforms: linux/amd64 linux/arm64
        output: type=docker
        pull: true
`;
  t.like(printed({ files: compose(text) }).target['addon'], {
    tags: ['ct-addon:baz', 'ct-addon:foo'],
    platforms: ['linux/amd64', 'linux/arm64'],
    output: [{ type: 'docker' }],
    pull: true,
  });
});

test('arguments without a value, variables and merged files', (t) => {
  const files = {
    'compose.yaml': `
services:
  app:
    image: app:\${TAG:-latest}
    environment: { OWN: own }
    build:
      args: { FOO: , OWN: , UNSET: , BAR: $ZZZ, LIT: "$$x" }
`,
    'compose.override.yaml': `
services:
  app:
    build:
      args: [MORE=1]
      target: prod
`,
    'docker-bake.hcl': 'target "app" { labels = { l = "1" } }',
  };
  t.like(printed({ files, env: { FOO: 'foo', ZZZ: 'zzz', TAG: '2' } }).target['app'], {
    tags: ['app:2'],
    args: { FOO: 'foo', OWN: 'own', BAR: 'zzz', LIT: '$x', MORE: '1' },
    target: 'prod',
    labels: { l: '1' },
  });
});

test('anchors, merge keys and extends', (t) => {
  const text = `
x-args: &args { A: "1" }
services:
  base: { build: { context: ., args: *args } }
  app:
    extends: { service: base }
    build: { args: { <<: *args, B: "2" } }
`;
  t.deepEqual(printed({ files: compose(text) }).target['app']!['args'], { A: '1', B: '2' });
});

const BOMB = `a: &a [1]\nb: &b [${'*a,'.repeat(50)}]\nc: &c [${'*b,'.repeat(50)}]\nservices: { x: { image: [${'*c,'.repeat(50)}] } }`;

for (const [text, message] of [
  ['services:\n  a:\n   b: [', /compose\.yaml is no YAML/],
  ['services: 3', /services must be a mapping/],
  ['- a', /is no compose file/],
  ['services: { a: { entrypoint: x } }', /neither an image nor a build context/],
  ['services: { "a b": { build: . } }', /invalid service name/],
  ['services: { a: { build: . , image: "${X" } }', /invalid interpolation format/],
  ['services: { a: { build: . , image: "${X:?set X}" } }', /required variable X is missing a value: set X/],
  ['include: [other.yaml]\nservices: {}', /include is not supported/],
  ['services: { a: { extends: { file: b.yaml, service: a } } }', /extends of another file is not supported/],
  [BOMB, /is no YAML/],
] as const)
  test(`refused: ${text.slice(0, 60).replaceAll('\n', ' ')}`, (t) => {
    t.throws(() => printed({ files: compose(text) }), { message });
  });

test('forms of interpolation', (t) => {
  const lookUp = (name: string) => ({ A: 'a', EMPTY: '' })[name];
  const table = {
    $A: 'a',
    '${A}b': 'ab',
    '${B}': '',
    '${B-x}': 'x',
    '${EMPTY-x}': '',
    '${EMPTY:-x}': 'x',
    '${B:-${A}}': 'a',
    '${A:+y}': 'y',
    $$A: '$A',
  };
  for (const [text, expected] of Object.entries(table)) t.is(interpolate(text, lookUp), expected, text);
});

test('.env files', (t) => {
  const text = '# c\nexport A=1 # c\nB="x\\n${A}"\nC=\'$A\'\nD=${A}$E\nE = e\r\n';
  const found = parseDotenv(text, () => undefined);
  t.deepEqual(Object.fromEntries(found), { A: '1', B: 'x\n1', C: '$A', D: '1', E: 'e' });
});
