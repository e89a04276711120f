import test, { type ExecutionContext } from 'ava';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecretScan, findInFile } from '../../../../src/builder/secrets/secret-scan.js';
import { openSecrets } from '../../../../src/builder/secrets/secrets.js';
import type { DiffId } from '../../../../src/core/digest.js';
import { readLayer } from '../../../../src/layer/read-layer.js';
import { openContentFile } from '../../../../src/layer/stored-content.js';
import type { BuildRequest } from '../../../../src/plan/request.js';
import { openStore } from '../../../../src/store/store.js';
import { tempDir } from '../../../support/temp-store.js';
import { tarOf } from '../../../support/tiny-image.js';
import { encodeIndex } from '../../../../src/layer/index-codec.js';

const SECRET = 'sk-1234567890abcdef';
const signal = new AbortController().signal;

function scanOf(t: ExecutionContext, request: Partial<BuildRequest> = {}) {
  const store = openStore(tempDir(t));
  const secrets = openSecrets(request.secrets ?? [{ id: 'token', value: Buffer.from(`${SECRET}\n`) }], {
    env: {},
    cwd: '/',
  });
  return { store, scan: createSecretScan({ request: { context: '.', ...request }, secrets, store, signal }) };
}

async function putLayer(
  store: ReturnType<typeof openStore>,
  entries: Parameters<typeof tarOf>[0],
): Promise<DiffId> {
  const tar = tarOf(entries);
  const diffId = `sha256:${createHash('sha256').update(tar).digest('hex')}` as DiffId;
  const { index } = await readLayer(
    (async function* () {
      yield tar;
    })(),
    { expect: { diffId }, signal },
  );
  store.putIndex(diffId, encodeIndex(index));
  writeFileSync(store.paths.blob(diffId), tar);
  return diffId;
}

const file = (path: string, content: string) => ({ path, mode: 0o644, content: Buffer.from(content) });

test('a value in a file is found with its path and its step, and is not in the message', async (t) => {
  const { store, scan } = scanOf(t);
  const clean = await putLayer(store, [file('a', 'nothing'), file('b', SECRET.slice(0, -1))]);
  await t.notThrowsAsync(scan!.layer(clean, '[1/2] RUN x'));
  const diffId = await putLayer(store, [
    file('a', 'nothing'),
    file('srv/npmrc', `//r/:_authToken=${SECRET}\n`),
    file('z', 'x'),
  ]);
  const error = await t.throwsAsync(scan!.layer(diffId, `[2/2] RUN echo ${SECRET} > /srv/npmrc`), {
    code: 'SECRET_LEAKED',
  });
  t.is(
    error?.message,
    'the value of secret token is in /srv/npmrc, in the layer of [2/2] RUN echo **** > /srv/npmrc',
  );
});

test('names and links of files are looked at', async (t) => {
  const { store, scan } = scanOf(t);
  const named = await putLayer(store, [file(`tmp/${SECRET}.txt`, 'x')]);
  const error = await t.throwsAsync(scan!.layer(named, 'RUN x'), { code: 'SECRET_LEAKED' });
  t.is(
    error?.message,
    'the value of secret token is in the name, a link or an attribute of /tmp/****.txt, in the layer of RUN x',
  );
  const linked = await putLayer(store, [{ path: 'l', mode: 0o777, link: `/x/${SECRET}` }]);
  await t.throwsAsync(scan!.layer(linked, 'RUN x'), { code: 'SECRET_LEAKED', message: /attribute of \/l,/ });
});

test('strings and keys of the config are looked at', (t) => {
  const { scan } = scanOf(t);
  const config = {
    config: { Labels: { a: 'b' }, Env: ['PATH=/', `T=${SECRET}`] },
    history: [{ created_by: 'x' }],
  };
  t.throws(() => scan!.data(config, 'the image config'), {
    message: 'the value of secret token is in the image config: config.Env.1',
  });
  t.throws(() => scan!.data({ Labels: { [SECRET]: 'x' } }, 'the image config'), {
    message: /the image config: Labels$/,
  });
  t.notThrows(() => scan!.data({ a: [1, null, true, 'x'] }, 'the image config'));
});

test('a value across chunks is found, wherever they are cut', async (t) => {
  const path = join(tempDir(t), 'data');
  for (let at = 0; at < 60; at++) {
    writeFileSync(path, `${'.'.repeat(at)}${SECRET}${'.'.repeat(20)}`);
    const handle = openContentFile(path);
    t.deepEqual(
      await findInFile(
        handle,
        [
          { id: 'a', value: Buffer.from('not there') },
          { id: 'b', value: Buffer.from(SECRET) },
        ],
        signal,
        16,
      ),
      { id: 'b', offset: at },
    );
    handle.close();
  }
});

test('there is no scan without secrets, with short ones only, and when it is turned off', (t) => {
  t.is(scanOf(t, { secrets: [] }).scan, undefined);
  t.is(scanOf(t, { secrets: [{ id: 'a', value: Buffer.from(' short \n') }] }).scan, undefined);
  t.is(scanOf(t, { isSecretScanOff: true }).scan, undefined);
});

test('secrets are read once, at the start, and say where they are missing', (t) => {
  const directory = tempDir(t);
  writeFileSync(join(directory, 'f'), 'from file');
  const secrets = openSecrets(
    [
      { id: 'f', file: 'f' },
      { id: 'e', env: 'E' },
      { id: 'none', env: 'NONE' },
    ],
    { env: { E: 'from env' }, cwd: directory },
  );
  writeFileSync(join(directory, 'f'), 'changed');
  t.deepEqual(secrets.used(), []);
  t.is(secrets.read('f')?.toString(), 'from file');
  t.is(secrets.read('e')?.toString(), 'from env');
  t.is(secrets.read('other'), undefined);
  t.deepEqual(
    secrets
      .used()
      .map(({ id }) => id)
      .toSorted(),
    ['e', 'f'],
  );
  t.throws(() => openSecrets([{ id: 'x', file: 'missing' }], { env: {}, cwd: directory }), {
    code: 'OPTION_INVALID',
    message: 'secret x: cannot read missing: no such file or directory',
  });
});
