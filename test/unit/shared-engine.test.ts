// What the calls of one engine share, and what they do not.
import test, { type ExecutionContext } from 'ava';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine, build, type BuildEvent, type TsbuildEngine } from '../../src/index.js';
import { answer, type Behaviour, type FakeRegistry } from '../support/fake-registry.js';
import { asked, startRegistry } from '../support/registry-for-test.js';
import { tempDir } from '../support/temp-store.js';
import { makeTinyImage } from '../support/tiny-image.js';

const IMAGE = makeTinyImage();

/** Serves `tiny:1` to who has a token. */
async function serveTiny(t: ExecutionContext, onLayer?: Behaviour): Promise<FakeRegistry> {
  const registry = await startRegistry(t);
  if (onLayer) registry.on(new RegExp(IMAGE.layer.digest), onLayer);
  registry.on(
    /\/token/,
    answer(200, { 'content-type': 'application/json' }, { token: 'secret', expires_in: 300 }),
  );
  const wanted: Behaviour = (request, response, next) => {
    if (request.headers.authorization === 'Bearer secret') return next();
    const challenge = `Bearer realm="${registry.origin}/token",service="s",scope="repository:tiny:pull"`;
    response.writeHead(401, { 'www-authenticate': challenge });
    response.end('{}');
  };
  registry.on(/\/tiny\//, wanted);
  for (const bytes of IMAGE.blobs.values()) registry.putBlob(bytes);
  const document = JSON.parse(IMAGE.blobs.get(IMAGE.manifest.digest)!.toString()) as object;
  registry.putManifest('tiny', document, { type: IMAGE.manifest.mediaType, tag: '1' });
  return registry;
}

function engineOn(t: ExecutionContext, root = tempDir(t), env: NodeJS.ProcessEnv = {}): TsbuildEngine {
  const engine = createEngine({ env: { TSBUILD_ROOT: root, HOME: root, ...env }, cwd: root });
  t.teardown(() => engine.close());
  return engine;
}

const requestFor = ({ host }: FakeRegistry, more: string, context: string) => ({
  context,
  dockerfileText: `FROM ${host}/tiny:1\n${more}`,
});

const layerFetches = (registry: FakeRegistry) =>
  registry.requests.filter(
    ({ url, headers }) => url.endsWith(IMAGE.layer.digest) && headers.authorization !== undefined,
  ).length;

const COPY = 'COPY --from=BASE /etc/passwd /passwd\n';

test('a second call needs no new token and no new connection', async (t) => {
  const registry = await serveTiny(t);
  const root = tempDir(t);
  const engine = engineOn(t, root);
  const request = { ...requestFor(registry, '', root), pull: true };
  await engine.build(request);
  const before = registry.requests.length;
  t.is(registry.requests.filter(({ url }) => url.startsWith('/token')).length, 1);
  await engine.build(request);
  t.deepEqual(
    registry.requests.slice(before).map(({ method, url }) => `${method} ${url}`),
    ['GET /v2/tiny/manifests/1'],
  );
  const separate = registry.requests.length;
  await build(request, { env: { TSBUILD_ROOT: root, HOME: root } });
  t.true(registry.requests.length - separate > 1);
});

test('builds at once fetch what they have in common once, and each goes on without the others', async (t) => {
  const registry = await serveTiny(t);
  const root = tempDir(t);
  const engine = engineOn(t, root);
  const text = COPY.replace('BASE', `${registry.host}/tiny:1`);
  const results = await Promise.all(
    ['a', 'b', 'c', 'd'].map((name) => engine.build(requestFor(registry, `${text}LABEL n=${name}\n`, root))),
  );
  t.is(new Set(results.map(({ digest }) => digest)).size, 4);
  t.is(layerFetches(registry), 1);
  t.is(asked(registry).filter((line) => line.endsWith('manifests/1')).length, 2, 'the first has no token');
});

test('a build whose signal comes while it fetches leaves the fetch to the next one', async (t) => {
  const controller = new AbortController();
  let isHeld = false;
  const registry = await serveTiny(t, (_, __, next) => {
    if (isHeld) return next();
    isHeld = true;
    controller.abort(new Error('gave up'));
  });
  const root = tempDir(t);
  const engine = engineOn(t, root);
  const text = COPY.replace('BASE', `${registry.host}/tiny:1`);
  const first = engine.build(requestFor(registry, text, root), { signal: controller.signal });
  const second = engine.build(requestFor(registry, `${text}LABEL n=2\n`, root));
  await t.throwsAsync(first, { code: 'ABORTED' });
  t.regex((await second).digest ?? '', /^sha256:/);
});

test('engines on other stores with other options do not meet', async (t) => {
  const registry = await serveTiny(t);
  const [left, right] = [tempDir(t), tempDir(t)];
  const events: BuildEvent[] = [];
  const one = engineOn(t, left);
  const two = createEngine({
    env: { TSBUILD_ROOT: right, HOME: right },
    cwd: right,
    onEvent: (event) => void events.push(event),
  });
  const text = COPY.replace('BASE', `${registry.host}/tiny:1`);
  await Promise.all([
    one.build({ ...requestFor(registry, text, left), tags: ['left:1'] }),
    two.build({ ...requestFor(registry, text, right), tags: ['right:1'] }),
  ]);
  t.is(layerFetches(registry), 2);
  const namesOf = async (engine: TsbuildEngine) =>
    (await engine.images({})).flatMap(({ name }) => name ?? []);
  t.deepEqual(await namesOf(one), ['docker.io/library/left:1']);
  await two.close();
  t.deepEqual(await namesOf(one), ['docker.io/library/left:1']);
  t.is(events.filter(({ kind }) => kind === 'build').length, 1);
  await t.throwsAsync(two.images({}), { code: 'OPTION_INVALID', message: 'the engine is closed' });
});

test('closing waits for the calls that run', async (t) => {
  const registry = await serveTiny(t);
  const root = tempDir(t);
  const engine = engineOn(t, root);
  const text = COPY.replace('BASE', `${registry.host}/tiny:1`);
  const order: string[] = [];
  const built = engine.build(requestFor(registry, text, root)).then(() => order.push('built'));
  await new Promise((resolve) => setImmediate(resolve));
  await engine.close().then(() => order.push('closed'));
  await built;
  t.deepEqual(order, ['built', 'closed']);
  await engine.close();
});

test('nothing is left open by 200 builds', async (t) => {
  const registry = await serveTiny(t);
  const root = tempDir(t);
  const engine = createEngine({ env: { TSBUILD_ROOT: root, HOME: root }, cwd: root });
  const controller = new AbortController();
  const listeners: string[] = [];
  const { signal } = controller;
  const add = signal.addEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners.push(args[0]);
    add(...args);
  };
  const request = requestFor(registry, '', root);
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const listened = () => process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`);
  await engine.build(request, { signal });
  const before = { descriptors: descriptors(), listened: listened() };
  for (let i = 0; i < 10; i++)
    await Promise.all(Array.from({ length: 20 }, () => engine.build(request, { signal })));
  t.deepEqual({ descriptors: descriptors(), listened: listened() }, before);
  t.true(readdirSync(join(root, 'v1', 'leases')).length === 0);
  t.true(listeners.length <= 201 * 2, `${listeners.length} listeners on the signal`);
  await engine.close();
});
