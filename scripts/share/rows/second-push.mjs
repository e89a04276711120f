// Row 2: what is there already is not sent again, neither to the same repository nor to another one.
import { createScratch, format, sum, tsbuild, uploads, writeContext } from '../bench.mjs';
import { startProxy } from '../proxy.mjs';

const LAYERS = [3e6, 2e6, 1e6];

export async function run({ port }) {
  const scratch = createScratch();
  const proxy = await startProxy(port);
  const store = `${scratch.path}/store`;
  const context = writeContext(`${scratch.path}/context`, LAYERS);
  const push = (name) =>
    tsbuild(['build', '--progress', 'none', '--push', '-t', `${proxy.host}/${name}`, context], { store });
  try {
    await push('second-push:1');
    const plain = await tsbuild(['build', '--progress', 'none', '-t', 'x:1', context], { store });
    proxy.log.length = 0;
    const second = await push('second-push:1');
    const same = [...proxy.log];
    proxy.log.length = 0;
    await push('second-push-elsewhere:1');
    const other = [...proxy.log];
    const blobs = LAYERS.length + 1;
    const bodies = sum(same, 'up');
    const blobBytes = sum(uploads(other), 'up');
    const extra = second.seconds - plain.seconds;
    return {
      isGood: bodies === 0 && blobBytes === 0 && same.length <= 1 + blobs + 1 && extra < 0.3,
      figures: `second push ${bodies} body bytes, ${same.length} requests (at most ${1 + blobs + 1}), ${format(extra)} s; other repository ${blobBytes} blob bytes`,
    };
  } finally {
    proxy.stop();
    scratch.remove();
  }
}
