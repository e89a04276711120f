// Contexts that are named by a URL: the main one and named ones.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { serveRepository } from '../../../support/git-server.js';
import { serveFiles } from '../../../support/http-files.js';
import { builder } from '../../../support/in-process-build.js';
import { tempDir } from '../../../support/temp-store.js';

const read = (...parts: string[]): string => readFileSync(join(...parts), 'utf8');

function archive(t: ExecutionContext, files: Readonly<Record<string, string>>): Buffer {
  const dir = tempDir(t);
  mkdirSync(join(dir, 'in'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, 'in', name), content);
  return execFileSync('tar', ['-C', join(dir, 'in'), '-czf', '-', '.']);
}

test('a repository is a context: its Dockerfile, its files, no ignore file', async (t) => {
  const server = await serveRepository(t);
  server.commit({ Dockerfile: 'FROM scratch\nCOPY . /all/\n', a: 'a', '.dockerignore': 'a\n' });
  const b = builder(t);
  const { files } = await b.build({ context: server.url });
  t.deepEqual(readdirSync(join(files, 'all')).toSorted(), ['.dockerignore', 'Dockerfile', 'a']);
  t.deepEqual(b.left(), []);
  t.is((await b.build({ context: server.url })).cached, 1);
});

test('a ref and a subdirectory; -f names a file in it; .git is kept when asked', async (t) => {
  const server = await serveRepository(t);
  server.commit({ 'app/build/own.Dockerfile': 'FROM scratch\nCOPY v /\n', 'app/v': '1' });
  server.git('tag', 'v1');
  server.commit({ 'app/v': '2', Dockerfile: 'FROM scratch\nCOPY .git/HEAD /\n' });
  const b = builder(t);
  const { files } = await b.build({ context: `${server.url}#v1:app`, dockerfile: 'build/own.Dockerfile' });
  t.is(read(files, 'v'), '1');
  const buildArgs = { BUILDKIT_CONTEXT_KEEP_GIT_DIR: '1' };
  t.true(existsSync(join((await b.build({ context: server.url, buildArgs })).files, 'HEAD')));
  const error = await b.fail({ context: server.url });
  t.is(error.code, 'COPY_NOT_FOUND');
  const missing = await b.fail({ context: `${server.url}#v1:app` });
  t.is(missing.code, 'DOCKERFILE_NOT_FOUND');
  t.deepEqual(b.left(), []);
});

test('a directory wins over the repository of the same name', async (t) => {
  const b = builder(t);
  const directory = join(b.context, '..', 'github.com', 'x', 'y');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /here\n');
  t.true(existsSync(join((await b.build({ context: 'github.com/x/y' })).files, 'here')));
});

test('an archive behind a URL is a context, and is transferred once', async (t) => {
  const body = archive(t, {
    Dockerfile: 'FROM scratch\nCOPY a /\n',
    a: 'a',
    '.dockerignore': 'a\n',
    other: 'FROM scratch\nCOPY a /b\n',
  });
  const { origin, answers } = await serveFiles(t, { '/ctx.tar.gz': { body } });
  const b = builder(t);
  t.is(read((await b.build({ context: `${origin}/ctx.tar.gz` })).files, 'a'), 'a');
  t.is(read((await b.build({ context: `${origin}/ctx.tar.gz`, dockerfile: 'other' })).files, 'b'), 'a');
  t.deepEqual(answers, ['200 /ctx.tar.gz', '304 /ctx.tar.gz']);
  t.deepEqual(b.left(), []);
});

test('a plain file behind a URL is a Dockerfile with an empty context', async (t) => {
  const { origin } = await serveFiles(t, {
    '/Dockerfile': { body: 'FROM scratch\nCOPY . /all/\nWORKDIR /w\n' },
  });
  const { files } = await builder(t).build({ context: `${origin}/Dockerfile` });
  t.deepEqual(readdirSync(join(files, 'all')), []);
});

test('a web page is not taken for a Dockerfile', async (t) => {
  const { origin } = await serveFiles(t, { '/x/y': { body: '<!DOCTYPE html>\n<html></html>' } });
  const error = await builder(t).fail({ context: `${origin}/x/y` });
  t.is(error.code, 'CONTEXT_UNREADABLE');
  t.regex(error.hint ?? '', /\.git/);
});

test('-f may be a URL', async (t) => {
  const { origin } = await serveFiles(t, { '/my.Dockerfile': { body: 'FROM scratch\nCOPY a /\n' } });
  const b = builder(t);
  b.write({ a: 'a' });
  t.is(read((await b.build({ dockerfile: `${origin}/my.Dockerfile` })).files, 'a'), 'a');
});

test('nothing shows the password or the token of a URL that -f names', async (t) => {
  const { origin } = await serveFiles(t, { '/my.Dockerfile': { body: 'FROM scratch\nCOPY a /\n' } });
  const b = builder(t);
  b.write({ a: 'a' });
  const dockerfile = `${origin.replace('//', '//user:hunter2@')}/my.Dockerfile?token=hunter3`;
  await b.build({ dockerfile, tags: ['x:1'], metadataFile: join(b.store, '..', 'metadata') });
  const failure = await b.fail({ dockerfile: dockerfile.replace('my.', 'no.') });
  const shown = [JSON.stringify(b.events), read(b.store, '..', 'metadata'), failure.message, failure.hint];
  t.notRegex(shown.join('\n'), /hunter/);
  t.regex(shown.join('\n'), /load build definition from http:\/\/127\.0\.0\.1:\d+\/my\.Dockerfile/);
});

test('named contexts: a repository and the file of a URL', async (t) => {
  const server = await serveRepository(t);
  server.commit({ 'sub/a': 'a' });
  const { origin } = await serveFiles(t, { '/tool': { body: 'tool' } });
  const b = builder(t);
  const { files } = await b.build({
    dockerfileText:
      'FROM repo AS base\nFROM scratch\nCOPY --from=repo a /\nCOPY --from=base a /b\nCOPY --from=web tool /\n',
    buildContexts: { repo: `${server.url}#main:sub`, web: `${origin}/tool` },
  });
  t.is(read(files, 'a') + read(files, 'b') + read(files, 'tool'), 'aatool');
  t.deepEqual(b.left(), []);
});

test('contexts that are not there', async (t) => {
  const { origin } = await serveFiles(t, {});
  const b = builder(t);
  t.is((await b.fail({ context: `${origin}/ctx.tar` })).code, 'ADD_REMOTE');
  t.is((await b.fail({ context: `${origin}/repo.git` })).code, 'ADD_GIT');
  t.is((await b.fail({ context: `${origin}/repo.git?nope=1` })).code, 'ADD_GIT');
  t.deepEqual(b.left(), []);
});
