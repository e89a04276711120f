// node scripts/share/acceptance.mjs [ROW…]: pushes to a docker-registry of its own through a proxy that counts and disturbs, and
// prints a line per row with its figures. Exits with 1 when a row misses its bound. Needs docker-registry and a built bundle
// (`npm run build`). TSBUILD_SHARE_KILLS is the number of kills of row 8, 200 by default.
import { startRegistry } from './registry.mjs';

const ROWS = {
  2: ['nothing is sent twice', './rows/second-push.mjs'],
  3: ['a base stays where it is', './rows/base-in-place.mjs'],
  4: ['layers are pushed while steps run', './rows/overlap.mjs'],
  6: ['broken bodies', './rows/broken-bodies.mjs'],
  8: ['kills', './rows/killed.mjs'],
};

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(ROWS);
const registry = await startRegistry();
try {
  for (const number of wanted) {
    const row = ROWS[number];
    if (!row) throw new Error(`there is no row ${number}; the rows are ${Object.keys(ROWS).join(', ')}`);
    const [title, path] = row;
    const { run } = await import(path);
    const { isGood, figures } = await run(registry);
    console.log(`row ${number} ${isGood ? 'ok  ' : 'MISS'} ${title}: ${figures}`);
    if (!isGood) process.exitCode = 1;
  }
} finally {
  await registry.stop();
}
