// Row 8: a push that is killed leaves the tag old or new, never broken, and the next one succeeds.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createScratch, format, readTag, startTsbuild, tsbuild, writeContext } from '../bench.mjs';
import { startProxy } from '../proxy.mjs';

const KILLS = Number(process.env.TSBUILD_SHARE_KILLS ?? 200);
const LAYERS = [2e6, 1e6];

export async function run({ port }) {
  const scratch = createScratch();
  const proxy = await startProxy(port);
  const store = `${scratch.path}/store`;
  const host = `127.0.0.1:${port}`;
  const argumentsOf = (round, context) => [
    'build',
    '--progress',
    'none',
    '--push',
    '--label',
    `round=${round}`,
    '-t',
    `${proxy.host}/killed:1`,
    context,
  ];
  try {
    const first = await tsbuild(argumentsOf(0, writeContext(`${scratch.path}/0`, LAYERS)), { store });
    let last = '0';
    const counts = { old: 0, renewed: 0 };
    for (let round = 1; round <= KILLS; round++) {
      const child = startTsbuild(argumentsOf(round, writeContext(`${scratch.path}/context`, LAYERS)), {
        store,
      });
      const end = new Promise((resolve) => child.on('close', resolve));
      await Promise.race([sleep(Math.random() * first.seconds * 1200), end]);
      child.kill('SIGKILL');
      await end;
      const found = (await readTag(host, 'killed', '1')).config.config.Labels.round;
      if (found !== last && found !== String(round))
        throw new Error(`round ${round} left the tag of ${found}`);
      counts[found === last ? 'old' : 'renewed']++;
      last = found;
    }
    await tsbuild(argumentsOf(KILLS + 1, `${scratch.path}/context`), { store });
    const end = (await readTag(host, 'killed', '1')).config.config.Labels.round;
    const left = temporariesOf(store);
    return {
      isGood: end === String(KILLS + 1) && left.length === 0,
      figures: `${KILLS} kills within ${format(first.seconds * 1.2, 1)} s: tag old ${counts.old} times, new ${counts.renewed} times, never broken; the next push succeeded; ${left.length} temporary files left${left.length > 0 ? ` (${left.slice(0, 3).join(', ')})` : ''}`,
    };
  } finally {
    proxy.stop();
    scratch.remove();
  }
}

function temporariesOf(store) {
  const folder = join(store, 'v1', 'tmp');
  return existsSync(folder) ? readdirSync(folder) : [];
}
