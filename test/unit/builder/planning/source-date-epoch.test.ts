// SOURCE_DATE_EPOCH by name: the time of a repository, of a URL, of an archive, from each place where one can stand.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { resolveSourceDateEpoch } from '../../../../src/builder/planning/source-date-epoch.js';
import { build } from '../../../../src/build.js';
import type { BuildRequest } from '../../../../src/plan/request.js';
import { globalArgsOf } from '../../../../src/builder/planning/read-graph.js';
import { createRig } from '../../../rig/rig.js';
import { serveRepository } from '../../../support/git-server.js';
import { serveFiles } from '../../../support/http-files.js';
import { builder, type Builder } from '../../../support/in-process-build.js';
import { tempDir } from '../../../support/temp-store.js';

const COMMIT_TIME = '2023-11-14T22:13:20Z';
const MODIFIED = 'Tue, 15 Nov 1994 08:12:31 GMT';
const MODIFIED_TIME = '1994-11-15T08:12:31Z';
const NEWEST_TIME = '2001-09-09T01:46:40Z';

/** `created` of the image, and the history text of its ARGs. */
async function dated(b: Builder, request: Partial<BuildRequest>) {
  const { configDigest } = await b.build(request);
  return documentOf(b.store, configDigest);
}

function documentOf(store: string, digest = ''): { created: string; history: { created_by: string }[] } {
  const path = join(store, 'v1', 'oci', 'blobs', 'sha256', digest.slice('sha256:'.length));
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Its newest file is of 2001; the directory is younger. */
function archive(t: ExecutionContext, dockerfile: string): Buffer {
  const dir = tempDir(t);
  mkdirSync(join(dir, 'in'));
  for (const [name, text, time] of [
    ['Dockerfile', dockerfile, 1_000_000_000],
    ['old', 'x', 5],
  ] as const) {
    writeFileSync(join(dir, 'in', name), text);
    utimesSync(join(dir, 'in', name), time, time);
  }
  return execFileSync('tar', ['-C', join(dir, 'in'), '-czf', '-', '.']);
}

const NOTED = 'FROM scratch\nARG SOURCE_DATE_EPOCH\nCOPY Dockerfile /\n';
const CONTEXT = { buildArgs: { SOURCE_DATE_EPOCH: 'context' } };

test('context: a repository has the time of its commit, for its files too', async (t) => {
  const server = await serveRepository(t);
  server.commit({ Dockerfile: NOTED });
  const b = builder(t);
  const { files, configDigest } = await b.build({ context: server.url, ...CONTEXT });
  const image = documentOf(b.store, configDigest);
  t.is(image.created, COMMIT_TIME);
  t.is(image.history[0]?.created_by, 'ARG SOURCE_DATE_EPOCH=1700000000');
  t.is(statSync(join(files, 'Dockerfile')).mtimeMs, 1_700_000_000_000);
});

test('context: a URL has its Last-Modified, an archive without one its newest file', async (t) => {
  const body = archive(t, NOTED);
  const web = await serveFiles(t, { '/dated.tgz': { body, lastModified: MODIFIED }, '/plain.tgz': { body } });
  const b = builder(t);
  t.is((await dated(b, { context: `${web.origin}/dated.tgz`, ...CONTEXT })).created, MODIFIED_TIME);
  t.is((await dated(b, { context: `${web.origin}/plain.tgz`, ...CONTEXT })).created, NEWEST_TIME);
});

test('context: an archive on standard input has the time of its newest file', async (t) => {
  const root = tempDir(t);
  const env = { PATH: process.env['PATH'], HOME: root, TSBUILD_ROOT: join(root, 'store') };
  const stdin = Readable.from([archive(t, NOTED)]);
  const { configDigest } = await build({ context: '-', ...CONTEXT }, { env, cwd: root, stdin });
  t.is(documentOf(join(root, 'store'), configDigest).created, NEWEST_TIME);
});

test('context: a directory has no time, as if the argument were empty', async (t) => {
  const b = builder(t);
  b.write({ Dockerfile: NOTED });
  const image = await dated(b, CONTEXT);
  t.true(Date.now() - Date.parse(image.created) < 600_000);
  t.is(image.history[0]?.created_by, 'ARG SOURCE_DATE_EPOCH=');
});

test('a named context, given as the default of a global ARG', async (t) => {
  const web = await serveFiles(t, {
    '/file': { body: 'x', lastModified: MODIFIED },
    '/undated.tgz': { body: archive(t, '') },
    '/undated': { body: 'no archive' },
  });
  const server = await serveRepository(t);
  server.commit({ a: 'a' });
  const b = builder(t);
  b.write({
    Dockerfile: 'ARG SOURCE_DATE_EPOCH=src\nFROM scratch\nARG SOURCE_DATE_EPOCH\nCOPY Dockerfile /\n',
  });
  const createdWith = async (src: string) => (await dated(b, { buildContexts: { src } })).created;
  t.is(await createdWith(`${web.origin}/file`), MODIFIED_TIME);
  t.is(await createdWith(`${web.origin}/undated.tgz`), NEWEST_TIME);
  t.is(await createdWith(server.url), COMMIT_TIME);
  for (const src of [`${web.origin}/undated`, b.context])
    t.true(Date.now() - Date.parse(await createdWith(src)) < 600_000, src);
});

test('a stage of one remote ADD', async (t) => {
  const web = await serveFiles(t, { '/file': { body: 'x', lastModified: MODIFIED } });
  const server = await serveRepository(t);
  const commit = server.commit({ a: 'a' });
  const b = builder(t);
  const createdOf = async (add: string, epoch = 'SRC') => {
    b.write({ Dockerfile: `FROM scratch AS src\nARG REF=main\n${add}\nFROM scratch\nCOPY --from=src . /\n` });
    return (await dated(b, { buildArgs: { SOURCE_DATE_EPOCH: epoch } })).created;
  };
  t.is(await createdOf(`ADD ${web.origin}/file /`), MODIFIED_TIME);
  t.is(await createdOf(`ADD --checksum=${commit} ${server.url}#\${REF} /`, 'src'), COMMIT_TIME);
  t.deepEqual(b.left(), []);
});

test('what is no time and no name is refused, with the stage that is wrong', async (t) => {
  const b = builder(t);
  b.write({ Dockerfile: 'FROM scratch AS src\nADD local /\nFROM scratch\nCOPY Dockerfile /\n' });
  const unknown = await b.fail({ buildArgs: { SOURCE_DATE_EPOCH: 'nothing' } });
  t.is(unknown.code, 'OPTION_INVALID');
  t.is(unknown.message, 'invalid SOURCE_DATE_EPOCH: nothing');
  const local = await b.fail({ buildArgs: { SOURCE_DATE_EPOCH: 'src' } });
  t.is(local.message, 'SOURCE_DATE_EPOCH stage source must be a single HTTP(S) or Git ADD');
  t.is(local.location?.startLine, 1);
});

test('the time stands in the place of its name, in arguments of the build and of the file', async (t) => {
  const rig = createRig(t);
  const dated = (text: string, buildArgs: Readonly<Record<string, string>>) =>
    rig.inStage(
      text,
      ({ tools, dockerfile }) => resolveSourceDateEpoch(tools, dockerfile, globalArgsOf(tools, dockerfile)),
      { buildArgs },
    );
  const given = await dated('FROM scratch\n', { SOURCE_DATE_EPOCH: '12' });
  t.deepEqual([given.epoch, given.buildArgs], [12, { SOURCE_DATE_EPOCH: '12' }]);
  const inFile = await dated('ARG SOURCE_DATE_EPOCH=34\nFROM scratch\n', {});
  t.deepEqual([inFile.epoch, inFile.globalArgs.get('SOURCE_DATE_EPOCH')], [34, '34']);
  // A directory of this machine has no time.
  const none = await dated('FROM scratch\n', { SOURCE_DATE_EPOCH: 'context' });
  t.deepEqual([none.epoch, none.buildArgs], [undefined, { SOURCE_DATE_EPOCH: '' }]);
});
