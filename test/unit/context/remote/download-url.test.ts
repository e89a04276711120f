// ADD of URLs: what lands in the image, what is asked of the server, what is left in the store.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { serveFiles } from '../../../support/http-files.js';
import { builder } from '../../../support/in-process-build.js';
import { tempDir } from '../../../support/temp-store.js';

const DATE = 'Tue, 14 Nov 2023 22:13:20 GMT';
const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const read = (...parts: string[]): string => readFileSync(join(...parts), 'utf8');

function archive(t: ExecutionContext, name: string, content: string): Buffer {
  const dir = tempDir(t);
  mkdirSync(join(dir, 'in'));
  writeFileSync(join(dir, 'in', name), content);
  return execFileSync('tar', ['-C', join(dir, 'in'), '-czf', '-', '.']);
}

test('a file is named after its path, 0600 and dated by Last-Modified', async (t) => {
  const { origin } = await serveFiles(t, {
    '/a/tool%20one.txt': { body: 'tool', lastModified: DATE },
    '/': { body: 'root', etag: null },
  });
  const b = builder(t);
  const { files } = await b.build({
    dockerfileText: `FROM scratch\nADD ${origin}/a/tool%20one.txt?token=x /d/\nADD ${origin}/ /d/\n`,
  });
  const tool = lstatSync(join(files, 'd', 'tool one.txt'));
  t.is(tool.mode & 0o7777, 0o600);
  t.is(tool.mtimeMs, 1_700_000_000_000);
  t.is(read(files, 'd', '__unnamed__'), 'root');
  t.is(lstatSync(join(files, 'd', '__unnamed__')).mtimeMs, 0);
  t.deepEqual(b.left(), []);
});

test('a destination without a slash names the file; --chmod counts', async (t) => {
  const { origin } = await serveFiles(t, { '/x': { body: '#!/bin/sh\n' } });
  const { files } = await builder(t).build({
    dockerfileText: `FROM scratch\nADD --chmod=755 ${origin}/x /bin/tool\n`,
  });
  t.is(lstatSync(join(files, 'bin', 'tool')).mode & 0o7777, 0o755);
});

test('an unchanged file is asked for, not transferred, and its step is cached', async (t) => {
  const { origin, answers } = await serveFiles(t, {
    '/x': { body: 'one' },
    '/dated': { body: 'two', etag: null, lastModified: DATE },
  });
  const b = builder(t);
  const dockerfileText = `FROM scratch\nADD ${origin}/x ${origin}/dated /d/\n`;
  const first = await b.build({ dockerfileText });
  const second = await b.build({ dockerfileText });
  t.deepEqual(answers, ['200 /x', '200 /dated', '304 /x', '200 /dated'], 'a date alone does not validate');
  t.is(second.digest, first.digest);
  t.is(second.cached, 1);
  const third = await b.build({ dockerfileText, noCache: true });
  t.deepEqual(answers.slice(4), ['304 /x', '200 /dated']);
  t.is(read(third.files, 'd', 'x'), 'one');
});

test('content of the same or an older date is fetched when the server has no tags', async (t) => {
  const { origin, files } = await serveFiles(t, { '/x': { body: 'v1', etag: null, lastModified: DATE } });
  const b = builder(t);
  const dockerfileText = `FROM scratch\nADD ${origin}/x /\n`;
  await b.build({ dockerfileText });
  const older = new Date(Date.parse(DATE) - 86_400_000).toUTCString();
  files.set('/x', { body: 'rolled back', etag: null, lastModified: older });
  t.is(read((await b.build({ dockerfileText })).files, 'x'), 'rolled back');
  files.set('/x', { body: 'same date', etag: null, lastModified: older });
  t.is(read((await b.build({ dockerfileText })).files, 'x'), 'same date');
});

test('a changed file is transferred and its step executed; equal content under another tag is not', async (t) => {
  const { origin, files } = await serveFiles(t, { '/x': { body: 'one', etag: '"1"' } });
  const b = builder(t);
  const dockerfileText = `FROM scratch\nADD ${origin}/x /\n`;
  await b.build({ dockerfileText });
  files.set('/x', { body: 'one', etag: '"2"' });
  t.is((await b.build({ dockerfileText })).cached, 1);
  files.set('/x', { body: 'two', etag: '"3"' });
  const changed = await b.build({ dockerfileText });
  t.is(changed.executed, 1);
  t.is(read(changed.files, 'x'), 'two');
  files.set('/x', { body: 'two', etag: '"3"', lastModified: DATE });
  files.delete('/none');
  t.is((await b.build({ dockerfileText })).cached, 1, 'a 304 keeps the date that is known');
});

test('content that was pruned is transferred again', async (t) => {
  const { origin, answers } = await serveFiles(t, { '/x': { body: 'one' } });
  const b = builder(t);
  const dockerfileText = `FROM scratch\nADD ${origin}/x /\n`;
  await b.build({ dockerfileText });
  rmSync(join(b.store, 'v1', 'downloads', sha256('one').slice(7)));
  await b.build({ dockerfileText, noCache: true });
  t.deepEqual(answers, ['200 /x', '200 /x']);
});

test('one URL in two stages is fetched once', async (t) => {
  const { origin, answers } = await serveFiles(t, { '/x': { body: 'one' } });
  await builder(t).build({
    dockerfileText: `FROM scratch AS a\nADD ${origin}/x /a\nFROM scratch\nADD ${origin}/x /b\nCOPY --from=a /a /\n`,
  });
  t.deepEqual(answers, ['200 /x']);
});

test('--unpack takes an archive apart, otherwise it stays one', async (t) => {
  const { origin } = await serveFiles(t, { '/t.tar.gz': { body: archive(t, 'inside', 'content') } });
  const { files } = await builder(t).build({
    dockerfileText: `FROM scratch\nADD --unpack ${origin}/t.tar.gz /open/\nADD ${origin}/t.tar.gz /closed/\n`,
  });
  t.is(read(files, 'open', 'inside'), 'content');
  t.deepEqual(readdirSync(join(files, 'closed')), ['t.tar.gz']);
});

test('with the right --checksum a cached step asks for nothing', async (t) => {
  const { origin, answers } = await serveFiles(t, { '/x': { body: 'one', lastModified: DATE } });
  const b = builder(t);
  const dockerfileText = `FROM scratch\nADD --checksum=${sha256('one')} ${origin}/x /\n`;
  const first = await b.build({ dockerfileText });
  const again = await b.build({ dockerfileText });
  t.is(again.digest, first.digest);
  const elsewhere = await b.build({ dockerfileText: dockerfileText.replace(' /\n', ' /other/\n') });
  t.is(lstatSync(join(elsewhere.files, 'other', 'x')).mtimeMs, 1_700_000_000_000);
  t.deepEqual(answers, ['200 /x']);
});

test('a wrong --checksum fails with both digests and the line, and keeps nothing', async (t) => {
  const { origin } = await serveFiles(t, { '/x': { body: 'one' } });
  const b = builder(t);
  const wanted = sha256('two');
  const error = await b.fail({
    dockerfileText: `FROM scratch\nADD --checksum=${wanted} ${origin}/x?sig=s3cret /\n`,
  });
  t.is(error.code, 'ADD_CHECKSUM');
  t.is(error.message, `digest mismatch for ${origin}/x: ${sha256('one')} (expected: ${wanted})`);
  t.is(error.location?.startLine, 2);
  t.truthy(error.hint);
  t.deepEqual(b.left(), []);
});

for (const [title, instruction, message] of [
  ['a checksum that is none', 'ADD --checksum=md5:1 URL /', /^unsupported digest algorithm$/],
  [
    'a checksum of several sources',
    `ADD --checksum=${sha256('')} URL a /`,
    /checksum can't be specified for multiple sources/,
  ],
  [
    'a checksum of a local file',
    `ADD --checksum=${sha256('')} a /`,
    /checksum requires HTTP\(S\) or Git sources/,
  ],
  ['COPY of a URL', 'COPY URL /', /source can't be a URL for COPY/],
  ['COPY of a repository', 'COPY URL.git#main /', /source can't be a git ref for COPY/],
] as const) {
  test(`refused before anything is asked: ${title}`, async (t) => {
    const { origin, answers } = await serveFiles(t, { '/x': { body: 'one' } });
    const b = builder(t);
    b.write({ a: 'a' });
    const error = await b.fail({
      dockerfileText: `FROM scratch\n${instruction.replace('URL', `${origin}/x`)}\n`,
    });
    t.regex(error.message, message);
    t.is(error.location?.startLine, 2);
    t.deepEqual(answers, []);
  });
}

test('a missing file: the status, the line and no query', async (t) => {
  const { origin } = await serveFiles(t, {});
  const error = await builder(t).fail({ dockerfileText: `FROM scratch\nADD ${origin}/none?sig=s3cret /\n` });
  t.is(error.code, 'ADD_REMOTE');
  t.is(error.message, `${origin}/none: invalid response status 404`);
  t.is(error.location?.startLine, 2);
});

test('a host that cannot be reached is a failure of the source, not of a registry', async (t) => {
  const b = builder(t);
  const error = await b.fail({ dockerfileText: 'FROM scratch\nADD http://user:s3cret@127.0.0.1:1/x /\n' });
  t.is(error.code, 'ADD_REMOTE');
  t.regex(error.message, /127\.0\.0\.1:1\/x: connection refused/);
  t.notRegex(`${error.message} ${error.hint}`, /s3cret/);
  t.deepEqual(b.left(), []);
});

test('a URL that cannot be read is refused', async (t) => {
  for (const url of ['http://', 'http://a%zz@127.0.0.1/x']) {
    const error = await builder(t).fail({ dockerfileText: `FROM scratch\nADD ${url} /\n` });
    t.is(error.code, 'ADD_REMOTE', url);
    t.regex(error.message, /invalid URL/);
  }
});

test('credentials come from secrets or from the URL, and stay out of what is shown and kept', async (t) => {
  const { origin } = await serveFiles(t, { '/bearer': { body: 'one', authorization: 'Bearer t0ken' } });
  const basic = `Basic ${Buffer.from('me:s3cret').toString('base64')}`;
  const other = await serveFiles(t, { '/basic': { body: 'two', authorization: basic } });
  const b = builder(t);
  const { host } = new URL(origin);
  const dockerfileText = `FROM scratch\nARG WHO\nADD ${origin}/bearer http://\${WHO}@${new URL(other.origin).host}/basic /\n`;
  const { files } = await b.build({
    dockerfileText,
    buildArgs: { WHO: 'me:s3cret' },
    secrets: [{ id: `HTTP_AUTH_TOKEN_${host}`, value: Buffer.from('t0ken\n') }],
  });
  t.is(read(files, 'bearer') + read(files, 'basic'), 'onetwo');
  const records = readdirSync(join(b.store, 'v1', 'downloads')).map((name) =>
    read(b.store, 'v1', 'downloads', name),
  );
  t.notRegex(records.join('\n'), /s3cret|t0ken/);
  t.notRegex(JSON.stringify(b.events), /s3cret|t0ken/);

  const error = await builder(t).fail({ dockerfileText: `FROM scratch\nADD ${origin}/bearer /\n` });
  t.regex(error.message, /invalid response status 401/);
  t.is(error.hint, `pass a token as the secret HTTP_AUTH_TOKEN_${host}`);
});

test('an interrupted download leaves nothing', async (t) => {
  const server = await serveFiles(t, { '/slow': { body: 'x'.repeat(1000), isStalled: true } });
  const controller = new AbortController();
  const b = builder(t);
  const failure = b.fail(
    { dockerfileText: `FROM scratch\nADD ${server.origin}/slow /\n` },
    { signal: controller.signal },
  );
  await server.asked('/slow');
  controller.abort();
  t.is((await failure).code, 'ABORTED');
  t.deepEqual(b.left(), []);
});
