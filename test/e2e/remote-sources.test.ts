// The command line with sources behind URLs: what is shown, the exit status, what is left in the store.
import test from 'ava';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { assertValidImage } from '../support/assert-valid-image.js';
import { serveRepository } from '../support/git-server.js';
import { serveFiles } from '../support/http-files.js';
import { assertBuilt, workspace } from '../support/workspace.js';
import { startTsbuild } from '../support/tsbuild-command.js';

const read = (...parts: string[]): string => readFileSync(join(...parts), 'utf8');

test('ADD of a URL and of a repository, a second time from the cache', async (t) => {
  const web = await serveFiles(t, { '/tool': { body: 'tool' } });
  const server = await serveRepository(t);
  server.commit({ a: 'a' });
  const dockerfile = `FROM scratch\nADD --chmod=755 ${web.origin}/tool /bin/\nADD ${server.url}#main /src/\n`;
  const space = workspace(t, { Dockerfile: dockerfile });
  const out = join(space.root, 'out');
  assertBuilt(t, await space.build(['--output', `type=local,dest=${out}`]));
  t.is(read(out, 'bin', 'tool') + read(out, 'src', 'a'), 'toola');
  const again = await space.build(['-t', 'x:1']);
  assertBuilt(t, again);
  t.is(again.stderr.match(/CACHED/g)?.length, 2, again.stderr);
  t.notRegex(again.stderr, /load git source/);
  t.deepEqual(web.answers, ['200 /tool', '304 /tool']);
  t.deepEqual(readdirSync(join(space.store, 'v1', 'tmp')), []);
});

test('a repository as the context', async (t) => {
  const server = await serveRepository(t);
  server.commit({ 'app/Dockerfile': 'FROM scratch\nCOPY a /\n', 'app/a': 'a' });
  const space = workspace(t, {});
  const out = join(space.root, 'out');
  const context = `${server.url}#main:app`;
  assertBuilt(t, await space.build(['--output', `type=local,dest=${out}`], { context }));
  t.is(read(out, 'a'), 'a');
});

test('SOURCE_DATE_EPOCH=context: a repository dates its image', async (t) => {
  const server = await serveRepository(t);
  server.commit({ Dockerfile: 'FROM scratch\nCOPY a /\n', a: 'a' });
  const space = workspace(t, {});
  const layout = join(space.root, 'image');
  const output = `type=oci,dest=${layout},tar=false,rewrite-timestamp=true`;
  const args = ['--build-arg', 'SOURCE_DATE_EPOCH=context', '--output', output];
  assertBuilt(t, await space.build(args, { context: server.url }));
  const { config } = await assertValidImage(t, layout);
  t.is(config.created, '2023-11-14T22:13:20Z');
});

test('failures name the source, the line and the way out, with the status of a context', async (t) => {
  const web = await serveFiles(t, {});
  const space = workspace(t, { Dockerfile: `FROM scratch\nADD ${web.origin}/none?sig=s3cret /\n` });
  const run = await space.build(['-t', 'x:1']);
  t.is(run.code, 4, run.stderr);
  t.regex(run.stderr, /\/none: invalid response status 404/);
  t.regex(run.stderr, /Dockerfile:2/);
  t.regex(run.stderr, /curl -I/);
  const context = await space.build(['-t', 'x:1'], { context: `${web.origin}/repo.git` });
  t.is(context.code, 4, context.stderr);
  t.regex(context.stderr, /repo\.git: git ls-remote failed/);
});

test('an interrupted download ends at once and leaves nothing', async (t) => {
  const web = await serveFiles(t, { '/slow': { body: 'x'.repeat(1000), isStalled: true } });
  const space = workspace(t, { Dockerfile: `FROM scratch\nADD ${web.origin}/slow /\n` });
  const asked = web.asked('/slow');
  const child = startTsbuild(['build', '-t', 'x:1', space.context], { store: space.store });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  child.stdout?.resume();
  child.stderr?.resume();
  await asked;
  child.kill('SIGINT');
  t.is(await ended, 130);
  t.deepEqual(readdirSync(join(space.store, 'v1', 'tmp')), []);
});
