// Row 3: the layers of a base that is in the target's registry go neither down nor up.
import { writeFileSync } from 'node:fs';
import { createScratch, sum, tsbuild, uploads, writeContext } from '../bench.mjs';
import { startProxy } from '../proxy.mjs';

const BASE = [20e6];

export async function run({ port }) {
  const scratch = createScratch();
  const proxy = await startProxy(port);
  const base = `${proxy.host}/base-in-place/base:1`;
  const push = (store, name, context) =>
    tsbuild(['build', '--progress', 'none', '--push', '-t', name, context], {
      store: `${scratch.path}/${store}`,
    });
  try {
    await push('first', base, writeContext(`${scratch.path}/base`, BASE));
    const context = writeContext(`${scratch.path}/app`, [], { from: base });
    writeFileSync(`${context}/Dockerfile`, `FROM ${base}\nENV A=b\nCMD ["/x"]\n`);
    proxy.log.length = 0;
    await push('second', `${proxy.host}/base-in-place/app:1`, context);
    const down = sum(
      proxy.log.filter(
        ({ method, url, down }) => method === 'GET' && /\/blobs\//.test(url) && down > 100_000,
      ),
      'down',
    );
    const up = sum(
      uploads(proxy.log).filter(({ up: bytes }) => bytes > 100_000),
      'up',
    );
    return {
      isGood: down === 0 && up === 0,
      figures: `base of 20 MB: ${down} bytes down, ${up} bytes up, ${proxy.log.length} requests, ${sum(proxy.log, 'down')} bytes down in all, ${sum(proxy.log, 'up')} up`,
    };
  } finally {
    proxy.stop();
    scratch.remove();
  }
}
