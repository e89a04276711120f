// node scripts/travel/acceptance.mjs [ROW…]: builds beside remote caches in a docker-registry of its own, through a proxy that counts,
// and prints a line per row with its figures. Exits with 1 when a row misses its bound. Needs docker-registry, a built bundle
// (`npm run build`), the compiled sources (`npm run compile`), and for row 9 a registry with node:20-slim: TSBUILD_TEST_BASES, by
// default http://127.0.0.1:5055.
import { startRegistry } from '../share/registry.mjs';

const ROWS = {
  9: ['a wiped store beside a cache', './rows/wiped-store.mjs'],
  10: ['what an export and an import cost', './rows/cost.mjs'],
  11: ['a cache that does harm', './rows/harm.mjs'],
};

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(ROWS);
const registry = await startRegistry();
try {
  for (const number of wanted) {
    const row = ROWS[number];
    if (!row) throw new Error(`there is no row ${number}; the rows are ${Object.keys(ROWS).join(', ')}`);
    const [title, path] = row;
    const { run } = await import(path);
    for (const { isGood, figures } of await run(registry)) {
      console.log(`row ${number} ${isGood ? 'ok  ' : 'MISS'} ${title}: ${figures}`);
      if (!isGood) process.exitCode = 1;
    }
  }
} finally {
  await registry.stop();
}
