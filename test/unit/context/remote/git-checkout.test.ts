// ADD of git repositories: what lands in the image, when the server is asked, what is left in the store.
import { existsSync, lstatSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { serveRepository } from '../../../support/git-server.js';
import { builder } from '../../../support/in-process-build.js';

const read = (...parts: string[]): string => readFileSync(join(...parts), 'utf8');
const packs = (asked: readonly string[]): number =>
  asked.filter((path) => path.endsWith('git-upload-pack')).length;

test('the files of a repository land in the destination, without .git', async (t) => {
  const server = await serveRepository(t);
  server.commit({ a: 'a', 'sub/b': 'b', link: '-> a' });
  const b = builder(t);
  const { files } = await b.build({ dockerfileText: `FROM scratch\nADD ${server.url} /src\n` });
  t.deepEqual(readdirSync(join(files, 'src')).toSorted(), ['a', 'link', 'sub']);
  t.is(lstatSync(join(files, 'src', 'a')).mode & 0o7777, 0o644);
  t.true(lstatSync(join(files, 'src', 'link')).isSymbolicLink());
  t.deepEqual(b.left(), []);
});

test('ref, subdirectory and query keys choose what is taken', async (t) => {
  const server = await serveRepository(t);
  const first = server.commit({ 'sub/v': '1' });
  server.git('tag', '-a', '-m', 'x', 'v1');
  server.git('branch', 'old');
  server.commit({ 'sub/v': '2' });
  const { files } = await builder(t).build({
    dockerfileText: [
      'FROM scratch',
      `ADD ${server.url}#v1:sub /tag`,
      `ADD ${server.url}?branch=old&subdir=sub /branch`,
      `ADD ${server.url}#${first}:sub /commit`,
      `ADD --checksum=${first} ${server.url}#old:sub /checked`,
      `ADD --keep-git-dir ${server.url}#main /kept`,
      `ADD --exclude=v ${server.url}#main:sub /without/`,
    ].join('\n'),
  });
  for (const name of ['tag', 'branch', 'commit', 'checked']) t.is(read(files, name, 'v'), '1', name);
  t.is(read(files, 'kept', 'sub', 'v'), '2');
  t.true(existsSync(join(files, 'kept', '.git', 'HEAD')));
  t.deepEqual(readdirSync(join(files, 'without')), []);
});

test('a cached step asks for the commit and clones nothing; with a commit given it asks for nothing', async (t) => {
  const server = await serveRepository(t);
  const sha = server.commit({ a: '1' });
  const b = builder(t);
  const named = `FROM scratch\nADD ${server.url}#main /src\n`;
  const pinned = `FROM scratch\nADD ${server.url}#${sha} /src\n`;
  const first = await b.build({ dockerfileText: named });
  // A look-up of refs is one exchange with the pack service, a fetch is more.
  const fetched = packs(server.asked.splice(0));
  const second = await b.build({ dockerfileText: named });
  t.is(second.digest, first.digest);
  t.is(second.cached, 1);
  t.true(packs(server.asked.splice(0)) < fetched);
  const third = await b.build({ dockerfileText: pinned });
  t.is(third.cached, 1);
  t.deepEqual(server.asked, []);

  server.commit({ a: '2' });
  const changed = await b.build({ dockerfileText: named });
  t.is(changed.executed, 1);
  t.is(read(changed.files, 'src', 'a'), '2');
});

test('submodules come along unless they are refused', async (t) => {
  const inner = await serveRepository(t);
  inner.commit({ inside: 'x' });
  const outer = await serveRepository(t);
  outer.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.path, 'lib');
  outer.git('config', '--file', join(outer.path, '.gitmodules'), 'submodule.lib.url', inner.url);
  outer.commit({ a: 'a' });
  const { files } = await builder(t).build({
    dockerfileText: `FROM scratch\nADD ${outer.url} /all\nADD ${outer.url}?submodules=false /bare\n`,
  });
  t.is(read(files, 'all', 'lib', 'inside'), 'x');
  t.false(existsSync(join(files, 'bare', 'lib', 'inside')));
});

test('a token from a secret opens a repository and is shown nowhere', async (t) => {
  const header = `basic ${Buffer.from('x-access-token:t0ken').toString('base64')}`;
  const server = await serveRepository(t, { authorization: header });
  server.commit({ a: 'a' });
  const b = builder(t);
  const dockerfileText = `FROM scratch\nADD ${server.url} /src\n`;
  const { files } = await b.build({
    dockerfileText,
    secrets: [{ id: 'GIT_AUTH_TOKEN', value: Buffer.from('t0ken\n') }],
  });
  t.is(read(files, 'src', 'a'), 'a');
  t.notRegex(JSON.stringify(b.events), /t0ken/);

  const refused = await b.fail({ dockerfileText: dockerfileText.replace('http://', 'http://me:s3cret@') });
  t.is(refused.code, 'ADD_GIT');
  t.regex(refused.hint ?? '', /GIT_AUTH_TOKEN/);
  t.notRegex(refused.message, /s3cret/);
});

for (const [title, suffix, flags, code, message] of [
  ['a ref that is not there', '#nope', '', 'ADD_GIT', /repository does not contain ref nope/],
  ['a ref that is an option', '#--upload-pack=touch x', '', 'ADD_GIT', /is not a valid git ref/],
  [
    'a subdirectory that is not there',
    '#main:nope',
    '',
    'ADD_GIT',
    /git subdir "nope": not found in the repository/,
  ],
  ['a subdirectory outside', '#main:../..', '', 'ADD_GIT', /points outside the repository/],
  ['a subdirectory behind a link', '#main:link', '', 'ADD_GIT', /is a symbolic link/],
  ['a query that is not known', '?nope=1', '', 'ADD_GIT', /unexpected query "nope"/],
  [
    'another commit than expected',
    '#main',
    '--checksum=abcdef',
    'ADD_CHECKSUM',
    /expected checksum to match abcdef, got [0-9a-f]{40}/,
  ],
  [
    'flag and query that disagree',
    '?keep-git-dir=false',
    '--keep-git-dir',
    'DOCKERFILE_SYNTAX',
    /inconsistent keep-git-dir configuration/,
  ],
] as const) {
  test(`refused: ${title}`, async (t) => {
    const server = await serveRepository(t);
    server.commit({ a: 'a', link: '-> /etc' });
    const b = builder(t);
    const dockerfileText = `FROM scratch\nADD ${flags} ["${server.url}${suffix}", "/src"]\n`;
    const error = await b.fail({ dockerfileText });
    t.is(error.code, code, error.message);
    t.regex(error.message, message);
    t.is(error.location?.startLine, 2);
    t.deepEqual(b.left(), []);
  });
}

test('a server that is no repository is named in the failure', async (t) => {
  const server = await serveRepository(t);
  const b = builder(t);
  const error = await b.fail({ dockerfileText: `FROM scratch\nADD ${server.origin}/other.git /src\n` });
  t.is(error.code, 'ADD_GIT');
  t.regex(error.message, /other\.git: git ls-remote failed/);
  t.truthy(error.hint);
  t.is(error.location?.startLine, 2);
});

test('an interrupted fetch leaves nothing', async (t) => {
  const server = await serveRepository(t);
  server.commit({ a: 'a' });
  const b = builder(t);
  const controller = new AbortController();
  server.onRequest((path) => {
    // The second time the pack service is asked, a fetch is under way.
    if (path.endsWith('git-upload-pack') && packs(server.asked) > 1) controller.abort();
  });
  const dockerfileText = `FROM scratch\nADD ${server.url} /src\n`;
  const error = await b.fail({ dockerfileText }, { signal: controller.signal });
  t.is(error.code, 'ABORTED');
  t.deepEqual(b.left(), []);
});
