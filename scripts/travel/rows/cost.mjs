// Row 10: nothing is sent when nothing is new, and a large pack is read at once.
import { join } from 'node:path';
import { createScratch, format, tsbuild, writeContext } from '../../share/bench.mjs';
import { startProxy } from '../../share/proxy.mjs';

const RECORDS = 3000;
const MAX_IMPORT_SECONDS = 0.15;
const MAX_EXPORT_SECONDS = 2;

export async function run({ port }) {
  return [await nothingNew(port), await largePack()];
}

async function nothingNew(port) {
  const scratch = createScratch();
  const proxy = await startProxy(port);
  try {
    const context = writeContext(join(scratch.path, 'context'), [3e6, 2e6, 1e6]);
    const to = ['--cache-to', `type=registry,mode=max,ref=${proxy.host}/cost-cache:main`];
    const build = (...more) =>
      tsbuild(['build', '--progress', 'none', '-t', 'x:1', ...more, context], {
        store: join(scratch.path, 'store'),
      });
    await build(...to);
    const plain = await build();
    proxy.log.length = 0;
    const again = await build(...to);
    const writes = proxy.log.filter(({ method }) => !/^(GET|HEAD)$/.test(method)).length;
    const extra = again.seconds - plain.seconds;
    return {
      isGood: writes === 0 && extra < MAX_EXPORT_SECONDS,
      figures: `with nothing new ${writes} requests that write, ${proxy.log.length} in all, ${format(extra)} s`,
    };
  } finally {
    proxy.stop();
    scratch.remove();
  }
}

/** The records alone, so that no network is measured; the first time without compiled code. */
async function largePack() {
  const compiled = (path) => import(new URL(`../../../build/src/${path}`, import.meta.url).href);
  const { decodePack, encodePack } = await compiled('cache/remote/pack-format.js');
  const { digestOf, hexOf } = await compiled('core/digest.js');
  const records = Array.from({ length: RECORDS }, (_, i) => ({
    key: hexOf(digestOf(`key ${i}`)),
    diffId: digestOf(`tar ${i}`),
    size: 10_000 + i,
    blob: {
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest: digestOf(`blob ${i}`),
      size: 5000,
    },
    created: '2026-11-30T12:00:00.000Z',
    platform: 'linux/amd64',
    writer: 'writer',
    lastUsed: 20_000,
  }));
  const { bytes } = encodePack({ records, selections: [], mounts: [] });
  const times = [1, 2, 3, 4, 5].map(() => {
    const began = performance.now();
    const { records: read } = decodePack(bytes);
    if (read.length !== RECORDS) throw new Error(`${read.length} records were read`);
    return (performance.now() - began) / 1000;
  });
  const first = times[0];
  return {
    isGood: first < MAX_IMPORT_SECONDS,
    figures: `${RECORDS} records of ${bytes.length} bytes are read in ${format(first * 1000, 0)} ms, then in ${format(Math.min(...times) * 1000, 0)} ms`,
  };
}
