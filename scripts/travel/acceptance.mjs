// node scripts/travel/acceptance.mjs [ROW…]: builds beside remote caches in a docker-registry of its own, through a proxy that counts,
// and prints a line per row with its figures. Exits with 1 when a row misses its bound. Needs docker-registry, a built bundle
// (`npm run build`), the compiled sources (`npm run compile`), and for row 9 a registry with node:20-slim: TSBUILD_TEST_BASES, by
// default http://127.0.0.1:5055.
import { runRows } from '../share/run-rows.mjs';

await runRows({
  9: ['a wiped store beside a cache', () => import('./rows/wiped-store.mjs')],
  10: ['what an export and an import cost', () => import('./rows/cost.mjs')],
  11: ['a cache that does harm', () => import('./rows/harm.mjs')],
});
