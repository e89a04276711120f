// The commands for images of the store, as a user runs them: list, tag, remove, inspect, history, pull.
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findOrdinaryUser } from '../support/ordinary-user.js';
import { testNeeding } from '../support/requirements.js';
import { tempDir } from '../support/temp-store.js';
import { serveTinyImage } from '../support/tiny-registry.js';
import { runTsbuild, type TsbuildOptions, type TsbuildRun } from '../support/tsbuild-command.js';
import { assertBuilt, workspace, type Workspace } from '../support/workspace.js';

const DOCKERFILE = 'FROM scratch\nLABEL team=web\nCOPY a /a\nCMD ["/a"]\n';

interface Own extends Workspace {
  run(args: readonly string[], options?: Partial<TsbuildOptions>): Promise<TsbuildRun>;
  /** Standard output; fails the test when the command fails. */
  out(...args: readonly string[]): Promise<string>;
}

function own(t: ExecutionContext, dockerfile = DOCKERFILE): Own {
  const space = workspace(t, { Dockerfile: dockerfile, a: 'content' });
  const run: Own['run'] = (args, options = {}) => runTsbuild(args, { ...options, store: space.store });
  return {
    ...space,
    run,
    async out(...args) {
      const result = await run(args);
      t.is(result.code, 0, result.stderr);
      return result.stdout.toString();
    },
  };
}

async function built(t: ExecutionContext): Promise<Own & { readonly id: string }> {
  const space = own(t);
  const run = await space.build(['-q', '-t', 'app:1', '-t', 'r.test/team/app']);
  assertBuilt(t, run);
  return { ...space, id: run.stdout.toString().trim() };
}

test('images: a table, ids, JSON and templates', async (t) => {
  const { out, id } = await built(t);
  const [titles, ...rows] = (await out('images')).trimEnd().split('\n');
  t.regex(titles!, /^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE +PLATFORM$/);
  const short = id.slice(7, 19);
  t.regex(rows[0]!, new RegExp(`^app +1 +${short} +.* ago +3\\.07kB +linux/`));
  t.regex(rows[1]!, new RegExp(`^r\\.test/team/app +latest +${short} `));
  t.is(await out('images', '-q'), `${short}\n${short}\n`);
  t.is(await out('images', '-q', '--no-trunc', 'app'), `${id}\n`);
  t.like(JSON.parse(await out('images', '--format', 'json', 'app:1')), {
    Repository: 'app',
    Tag: '1',
    Digest: '<none>',
    ID: short,
    Size: '3.07kB',
  });
  t.is(await out('images', '--format', '{{.Repository}}:{{.Tag}}'), 'app:1\nr.test/team/app:latest\n');
  t.is(await out('image', 'ls', '--filter', 'label=team=db', '-q'), '');
  t.is(await out('images', '--filter', 'reference=r.test/*/*', '-q'), `${short}\n`);
});

test('tag and rmi: names come and go, the image stays until its last name is gone', async (t) => {
  const { out, id, build, run } = await built(t);
  t.is(await out('tag', id.slice(7, 19), 'app:2', 'other'), '');
  t.is(
    await out('images', '--format', '{{.Repository}}:{{.Tag}}', '--filter', 'reference=*'),
    'app:1\napp:2\nother:latest\n',
  );
  t.is(
    await out('rmi', 'app:1', 'app:2'),
    'Untagged: docker.io/library/app:1\nUntagged: docker.io/library/app:2\n',
  );
  const refused = await run(['rmi', id]);
  t.is(refused.code, 2);
  t.regex(refused.stderr, /has names of several repositories: r\.test\/team\/app, other\nhint: .*--force/);
  t.is(
    await out('rmi', '--force', id, 'none'),
    'Untagged: r.test/team/app:latest\nUntagged: docker.io/library/other:latest\n',
  );
  t.is(await out('images', '-q'), '');
  // Its steps are in the cache still.
  assertBuilt(t, await build(['-t', 'app:1']));
  t.is(await out('images', '-q', '--no-trunc'), `${id}\n`);
});

test('rmi removes all names of a command or none', async (t) => {
  const { out, run } = await built(t);
  const failed = await run(['rmi', 'app:1', 'none']);
  t.is(failed.code, 7);
  t.is(failed.stderr.split('\n')[0], 'ERROR: no such image in the store: none');
  t.is((await out('images', '-q')).split('\n').length, 3);
});

test('inspect and history', async (t) => {
  const { out, id } = await built(t);
  const [image] = JSON.parse(await out('inspect', 'app:1')) as Record<string, unknown>[];
  t.like(image, { Id: id, RepoTags: ['app:1', 'r.test/team/app:latest'], Os: 'linux', Size: 3072 });
  t.is(await out('inspect', '-f', '{{json .Config.Cmd}} {{.Config.Labels.team}}', id), '["/a"] web\n');
  const steps = (await out('history', 'app:1')).trimEnd().split('\n');
  t.regex(steps[1]!, /^[0-9a-f]{12} +.* ago +CMD \["\/a"\] +0B +buildkit/);
  t.regex(steps[2]!, /^<missing> +.* ago +COPY a \/a # buildkit +3\.07kB/);
  t.is(await out('history', '-q', '--no-trunc', 'app:1'), `${id}\n<missing>\n<missing>\n`);
  t.regex(
    await out('history', '--human=false', '--format', '{{.Size}} {{.CreatedAt}}', 'app:1'),
    /\n3072 \d{4}-\d\d-\d\dT/,
  );
});

test('bad input is named, with its mend and its status', async (t) => {
  const { run } = await built(t);
  const rows: readonly (readonly [readonly string[], number, RegExp])[] = [
    [
      ['inspect', 'app:3'],
      7,
      /^ERROR: no such image in the store: app:3 \(did you mean app:1\?\)\nhint: tsbuild images/,
    ],
    [['inspect', 'App'], 2, /^ERROR: "App" is not the name of an image: .*lowercase/],
    [['inspect'], 2, /requires at least 1 argument, but 0 were given\nhint: write tsbuild inspect/],
    [['history', 'a', 'b'], 2, /requires exactly 1 argument, but 2 were given/],
    [['tag', 'app:1'], 2, /requires at least 2 arguments, but 1 was given/],
    [['tag', 'app:1', 'X:y'], 2, /invalid tag "X:y"/],
    [['tag', 'app:1', 'x@sha256:' + '0'.repeat(64)], 2, /cannot contain a digest/],
    [['images', '--filter', 'until=1h'], 2, /invalid filter "until=1h"\nhint: .*reference, dangling/],
    [['images', '--filter', 'before=none'], 7, /no such image in the store: none/],
    [['images', '--format', '{{.Nope}}'], 2, /there is no field Nope\nhint: .*Repository/],
    [['pull', 'App'], 2, /^ERROR: .*must be lowercase/],
    [['pull', '--platform', 'nope/x/y/z', 'app'], 2, /failed to parse platform/],
  ];
  for (const [args, status, words] of rows) {
    const { code, stderr } = await run(args);
    t.is(code, status, `${args.join(' ')}: ${stderr}`);
    t.regex(stderr, words, args.join(' '));
  }
});

test('a list of names that is damaged is told and not replaced', async (t) => {
  const { run, store } = await built(t);
  const path = join(store, 'v1', 'oci', 'index.json');
  writeFileSync(path, readFileSync(path).subarray(0, 100));
  for (const args of [['images'], ['inspect', 'app:1'], ['rmi', 'app:1'], ['tag', 'app:1', 'x']]) {
    const { code, stderr } = await run(args);
    t.is(code, 7, stderr);
    t.regex(stderr, /^ERROR: .*index\.json is not an image index\nhint: move the store away/);
  }
  t.is(readFileSync(path).length, 100);
});

testNeeding('root', 'subuid')('the store of another user is refused with a hint', async (t) => {
  const { store } = await built(t);
  const user = findOrdinaryUser();
  chmodSync(join(store, '..'), 0o755);
  const { code, stderr } = await runTsbuild(['images'], { store, user, env: { HOME: tempDir(t) } });
  t.is(code, 7, stderr);
  t.regex(stderr, /^ERROR: cannot (read|write) .*permission denied.*\nhint: .*TSBUILD_ROOT/);
});

testNeeding('registry', 'busybox')(
  'pull: the image has its name, and a build uses it without the network',
  async (t) => {
    const { env, registry, image } = await serveTinyImage(t);
    const space = own(t, 'FROM tiny:1\nCOPY a /a\n');
    const first = await space.run(['pull', '--progress', 'plain', 'tiny:1'], { env });
    t.is(first.code, 0, first.stderr);
    t.is(first.stdout.toString(), 'docker.io/library/tiny:1\n');
    const { digest } = image.manifest;
    t.true(
      first.stderr.includes(`[internal] fetch docker.io/library/tiny:1 ${image.layer.digest.slice(0, 19)}`),
      first.stderr,
    );
    t.true(
      first.stderr.endsWith(
        `Digest: ${digest}\nStatus: Downloaded newer image for docker.io/library/tiny:1\n`,
      ),
      first.stderr,
    );
    const again = await space.run(['pull', 'tiny:1'], { env });
    t.regex(again.stderr, /Status: Image is up to date for docker\.io\/library\/tiny:1\n$/);
    t.false(again.stderr.includes('fetch'));
    t.is((await space.run(['pull', '-q', 'tiny:1'], { env })).stderr, '');
    t.is(await space.out('inspect', '-f', '{{json .RepoDigests}}', 'tiny:1'), `["tiny@${digest}"]\n`);
    t.regex(await space.out('images', '--digests'), new RegExp(`^tiny +1 +${digest} `, 'm'));
    await registry.stop();
    assertBuilt(t, await space.build([], { env }));
    t.is((await space.build(['--pull'], { env })).code, 6);
    const failed = await space.run(['pull', 'tiny:1'], { env });
    t.is(failed.code, 6);
    t.regex(failed.stderr, /\nERROR: tiny:1: failed to resolve source metadata/);
    t.true((await space.out('images', '-q')).length > 0);
  },
);

testNeeding('registry', 'busybox')('pull by digest, and of what is not there', async (t) => {
  const { env, image } = await serveTinyImage(t);
  const space = own(t, `FROM tiny@${image.manifest.digest}\n`);
  const name = `docker.io/library/tiny@${image.manifest.digest}`;
  const run = await space.run(['pull', '-q', `tiny:9@${image.manifest.digest}`], { env });
  t.is(run.stdout.toString(), `${name}\n`, run.stderr);
  t.is(
    await space.out('images', '--format', '{{.Repository}} {{.Tag}} {{.Digest}}'),
    `tiny <none> ${image.manifest.digest}\n`,
  );
  assertBuilt(t, await space.build([]));
  t.is(await space.out('rmi', `tiny@${image.manifest.digest}`), `Untagged: ${name}\n`);
  const missing = await space.run(['pull', 'tiny:2'], { env });
  t.is(missing.code, 6);
  t.is(await space.out('images', '-a', '-q'), '');
});

testNeeding('registry', 'busybox')(
  'an image pulled for another platform is not taken for a base',
  async (t) => {
    const { env } = await serveTinyImage(t);
    const space = own(t, 'FROM tiny:1\n');
    assertBuilt(t, await space.run(['pull', '-q', 'tiny:1'], { env }));
    const [here, other] = process.arch === 'arm64' ? ['arm64', 'amd64'] : ['amd64', 'arm64'];
    const run = await space.build(['--platform', `linux/${other}`, '--output', 'type=cacheonly'], { env });
    assertBuilt(t, run);
    const words = `docker.io/library/tiny:1 in the store is for linux/${here}, and linux/${other} is wanted`;
    t.true(run.stderr.includes(words), run.stderr);
    t.true(run.stderr.includes('load metadata for docker.io/library/tiny:1'), run.stderr);
  },
);
