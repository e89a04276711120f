import test from 'ava';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseReference } from '../../../src/oci/reference.js';
import { endpointsOf } from '../../../src/registry/mirrors.js';
import { readRegistryOptions } from '../../../src/registry/read-registry-options.js';

interface World {
  readonly etc: string;
  readonly env: Record<string, string>;
}

/** A folder `etc` and a folder `home` with these files. */
function world(files: Readonly<Record<string, string | object>>, env: Record<string, string> = {}): World {
  const root = mkdtempSync(join(tmpdir(), 'registries-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  }
  return { etc: join(root, 'etc'), env: { HOME: join(root, 'home'), ...env } };
}

const places = async ({ env, etc }: World, name: string): Promise<string[]> =>
  endpointsOf(parseReference(name), await readRegistryOptions(env, etc)).map(
    ({ origins, repository }) => `${origins.join('|')} ${repository}`,
  );

const CONF = 'etc/containers/registries.conf';
const DIGEST = `sha256:${'a'.repeat(64)}`;

// The example of containers-registries.conf(5), with the addresses of its mirrors.
const EXAMPLE = `unqualified-search-registries = ["example.com"]

[[registry]]
prefix = "example.com/foo"
insecure = false
blocked = false
location = "internal-registry-for-example.com/bar"

[[registry.mirror]]
location = "example-mirror-0.local/mirror-for-foo"

[[registry.mirror]]
location = "example-mirror-1.local/mirrors/foo"
insecure = true

[[registry]]
location = "registry.com"
mirror-by-digest-only = true
[[registry.mirror]]
location = "mirror.registry.com"

[[registry]]
prefix = "*.corp.example"
location = "hub.corp.example:5000/all"

[[registry]]
prefix = "*.plain.example"
insecure = true

[[registry]]
prefix = "docker.io/library"
[[registry.mirror]]
location = "tags.local/library"
pull-from-mirror = "tag-only"
[[registry.mirror]]
location = "digests.local/library"
pull-from-mirror = "digest-only"

[[registry]]
prefix = "bad.example"
blocked = true
`;

for (const [name, expected] of [
  [
    'example.com/foo/image:latest',
    [
      'https://example-mirror-0.local mirror-for-foo/image',
      'https://example-mirror-1.local|http://example-mirror-1.local mirrors/foo/image',
      'https://internal-registry-for-example.com bar/image',
    ],
  ],
  ['example.com/foobar/image', ['https://example.com foobar/image']],
  ['registry.com/a:1', ['https://registry.com a']],
  [`registry.com/a@${DIGEST}`, ['https://mirror.registry.com a', 'https://registry.com a']],
  ['a.corp.example/x/y', ['https://hub.corp.example:5000 all/x/y']],
  ['corp.example/x', ['https://corp.example x']],
  ['a.plain.example:5000/x', ['https://a.plain.example:5000|http://a.plain.example:5000 x']],
  ['alpine', ['https://tags.local library/alpine', 'https://registry-1.docker.io library/alpine']],
  [
    `alpine@${DIGEST}`,
    ['https://digests.local library/alpine', 'https://registry-1.docker.io library/alpine'],
  ],
  ['me/app', ['https://registry-1.docker.io me/app']],
] as const) {
  test(`registries.conf: ${name.replace(/a{64}/, '…')}`, async (t) => {
    t.deepEqual(await places(world({ [CONF]: EXAMPLE }), name), [...expected]);
  });
}

test('a blocked registry is refused, with the file that says so', async (t) => {
  const place = world({ [CONF]: EXAMPLE });
  const error = await t.throwsAsync(places(place, 'bad.example/x'));
  t.like(error, {
    code: 'REGISTRY_REFERENCE',
    message: `bad.example/x is blocked by ${place.etc}/containers/registries.conf (bad.example)`,
  });
});

const rule = (prefix: string, mirror: string): string =>
  `[[registry]]\nprefix = "${prefix}"\n[[registry.mirror]]\nlocation = "${mirror}"\n`;

test("the user's file takes the place of the system's; files of registries.conf.d add to it in order", async (t) => {
  const place = world({
    [CONF]: rule('a.io', 'system') + rule('b.io', 'system'),
    'home/.config/containers/registries.conf': rule('a.io', 'user'),
    'etc/containers/registries.conf.d/2.conf': rule('c.io', 'second'),
    'etc/containers/registries.conf.d/1.conf': rule('c.io', 'first') + rule('d.io', 'first'),
    'etc/containers/registries.conf.d/ignored.txt': 'no TOML',
    'home/.config/containers/registries.conf.d/1.conf': rule('d.io', 'own'),
  });
  const firstOf = async (name: string) => (await places(place, name))[0];
  t.is(await firstOf('a.io/x'), 'https://user x');
  t.is(await firstOf('b.io/x'), 'https://b.io x');
  t.is(await firstOf('c.io/x'), 'https://second x');
  t.is(await firstOf('d.io/x'), 'https://own x');
});

test('the variable comes first, then registries.conf, then daemon.json, then the registry; each place once', async (t) => {
  const place = world(
    {
      [CONF]: rule('docker.io', 'conf.local'),
      'etc/docker/daemon.json': { 'registry-mirrors': ['https://daemon.local/', 'https://conf.local'] },
    },
    { TSBUILD_REGISTRY_MIRRORS: 'docker.io=https://variable.local' },
  );
  t.deepEqual(await places(place, 'alpine'), [
    'https://variable.local library/alpine',
    'https://conf.local library/alpine',
    'https://daemon.local library/alpine',
    'https://registry-1.docker.io library/alpine',
  ]);
  t.deepEqual(await places(place, 'quay.io/x/y'), ['https://quay.io x/y']);
});

test("daemon.json: networks, hosts, and the rootless daemon's file before the system's", async (t) => {
  const insecure = { 'insecure-registries': ['10.1.0.0/16', 'fd00::/8', 'http://lab.example:5000/'] };
  const system = world({ 'etc/docker/daemon.json': insecure });
  for (const host of ['10.1.2.3:5000', '10.1.2.3', '[fd00::7]:5000', 'lab.example:5000']) {
    t.deepEqual(await places(system, `${host}/x/y`), [`https://${host}|http://${host} x/y`]);
  }
  for (const host of ['10.2.0.1', 'lab.example', 'ten.example'])
    t.deepEqual(await places(system, `${host}/x/y`), [`https://${host} x/y`]);
  const both = world({
    'etc/docker/daemon.json': insecure,
    'home/.config/docker/daemon.json': { 'registry-mirrors': ['http://own.local:5000'] },
  });
  t.is((await places(both, 'alpine'))[0], 'http://own.local:5000 library/alpine');
  t.deepEqual(await places(both, 'lab.example:5000/x'), ['https://lab.example:5000 x']);
});

test('a machine without files has no mirrors', async (t) => {
  t.deepEqual(await places(world({}), 'alpine'), ['https://registry-1.docker.io library/alpine']);
});

for (const [what, file, content, message] of [
  ['no TOML', CONF, '\n[[registry]\n', /registries\.conf:2: not TOML: /],
  ['no list', CONF, 'registry = 1', /registries\.conf:1: "registry" is not a list of tables/],
  [
    'a scheme',
    CONF,
    '\n[[registry]]\nlocation = "https://a"',
    /conf:3: "https:\/\/a" is a URL: location is a host/,
  ],
  ['a tag', CONF, '[[registry]]\nprefix = "a.io/x:1"', /conf:2: "a.io\/x:1" cannot be a prefix/],
  ['a star in a location', CONF, '[[registry]]\nlocation = "*.a"', /conf:2: "\*.a" cannot be a location/],
  [
    'neither',
    CONF,
    '[[registry]]\ninsecure = true',
    /conf:1: "\[\[registry\]\]" has neither a prefix nor a location/,
  ],
  [
    'a text as flag',
    CONF,
    '[[registry]]\nprefix = "a"\nblocked = "yes"',
    /conf:3: "blocked" is neither true nor false/,
  ],
  ['an unknown use', CONF, `${rule('a', 'b')}pull-from-mirror = "never"`, /conf:5: "never" is none of all, /],
  [
    'a mirror without place',
    CONF,
    '[[registry]]\nprefix="a"\n[[registry.mirror]]',
    /conf:3: .* has no location/,
  ],
  [
    'both kinds of digests only',
    CONF,
    `[[registry]]\nprefix="a"\nmirror-by-digest-only=true\n[[registry.mirror]]\nlocation="b"\npull-from-mirror="all"`,
    /conf:6: "pull-from-mirror" stands beside/,
  ],
  ['no JSON', 'etc/docker/daemon.json', '{\n  "registry-mirrors": [,]\n}', /daemon\.json:[23]: not JSON/],
  ['no object', 'etc/docker/daemon.json', '[]', /daemon\.json:1: not a JSON object/],
  [
    'no list of texts',
    'etc/docker/daemon.json',
    '{\n"registry-mirrors": [1]}',
    /json:2: "registry-mirrors" is not a list/,
  ],
  [
    'a password',
    'etc/docker/daemon.json',
    '{"registry-mirrors":\n["https://me:geheim@a"]}',
    /json:2: a mirror is an http or https URL without/,
  ],
  [
    'a mirror with a path',
    'etc/docker/daemon.json',
    '{"registry-mirrors":["https://a/b"]}',
    /json:1: the mirror https:\/\/a has a path/,
  ],
  ['no host', 'etc/docker/daemon.json', '{"insecure-registries":["a b"]}', /json:1: "a b" is neither a host/],
] as const) {
  test(`${file} with ${what} is refused with its line`, async (t) => {
    const error = await t.throwsAsync(places(world({ [file]: content }), 'alpine'), { message });
    t.like(error, { code: 'OPTION_INVALID' });
    t.false(error?.message.includes('geheim'));
  });
}

test('a file that CONTAINERS_REGISTRIES_CONF names is the only first one, and must be there', async (t) => {
  const place = world({ [CONF]: rule('a.io', 'system'), 'own.conf': rule('b.io', 'named') });
  const named = {
    ...place,
    env: { ...place.env, CONTAINERS_REGISTRIES_CONF: join(place.etc, '..', 'own.conf') },
  };
  t.is((await places(named, 'b.io/x'))[0], 'https://named x');
  t.is((await places(named, 'a.io/x'))[0], 'https://a.io x');
  const missing = { ...place, env: { ...place.env, CONTAINERS_REGISTRIES_CONF: '/nowhere.conf' } };
  t.like(await t.throwsAsync(places(missing, 'a')), { message: 'cannot read /nowhere.conf' });
});
