// Row 9: a store that is empty, beside the cache of a build that was pushed: no RUN is executed, and next to nothing comes down.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createScratch, format, readTag, sum, tsbuild } from '../../share/bench.mjs';
import { startProxy } from '../../share/proxy.mjs';
import { executedRuns, prepareNodeApp, stepsOf } from '../builds.mjs';

const MAX_REQUESTS = 4;
/** Records, manifests, configs. */
const MAX_DOCUMENTS = 200e3;

export async function run({ port }) {
  const scratch = createScratch();
  const proxy = await startProxy(port);
  try {
    const { app, args } = await prepareNodeApp(proxy.host, scratch.path);
    const cache = `ref=${proxy.host}/app-cache:main`;
    const [to, from] = [`type=registry,mode=max,mounts=true,${cache}`, `type=registry,${cache}`];
    const push = ['--push', '-t', `${proxy.host}/app:1`];
    const build = (store, ...more) => tsbuild(args(...more), { store: join(scratch.path, store) });
    const cold = await build('cold', ...push, '--cache-to', to);
    const exporting = stepsOf(cold.stderr).find(({ name }) => name.startsWith('exporting cache'));
    proxy.log.length = 0;
    // Whether a loopback registry speaks http is asked by each client; of others nothing is asked.
    const isNoProbe = ({ url }) => url !== '/v2/';
    const wiped = await build('wiped', ...push, '--cache-from', from);
    const runs = executedRuns(wiped.stderr);
    const before =
      1 +
      proxy.log
        .filter(isNoProbe)
        .findIndex(({ method, url }) => method === 'GET' && /app-cache\/blobs/.test(url));
    const down = sum(proxy.log, 'down');
    const base = await readTag(proxy.host, 'node', '20-slim');
    const image = await readTag(proxy.host, 'app', '1');
    const ofBase = new Set(base.manifest.layers.map(({ digest }) => digest));
    const needed = sum(
      image.manifest.layers.filter(({ digest }) => !ofBase.has(digest)),
      'size',
    );
    appendFileSync(join(app, 'src/server.ts'), '\n// another line\n');
    proxy.log.length = 0;
    const edited = await build('edited', ...push, '--cache-from', from);
    const after = executedRuns(edited.stderr);
    return [
      {
        isGood: runs.length === 0 && before > 0 && before <= MAX_REQUESTS && down <= MAX_DOCUMENTS,
        figures: `${runs.length} RUN executed, ${before} requests before the first hit is known, ${down} bytes down (the layers upon the base have ${needed}) in ${proxy.log.length} requests, ${format(wiped.seconds)} s (cold ${format(cold.seconds)} s)`,
      },
      {
        isGood: after.length === 1 && /RUN npm run build/.test(after[0]),
        figures: `after an edit ${after.length} RUN executed, ${sum(proxy.log, 'down')} bytes down, ${format(edited.seconds)} s`,
      },
      {
        isGood: exporting !== undefined && exporting.seconds <= cold.seconds * 0.1,
        figures: `the cache of a cold build is written in ${format(exporting?.seconds ?? NaN)} s of ${format(cold.seconds)} s`,
      },
    ];
  } finally {
    proxy.stop();
    scratch.remove();
  }
}
