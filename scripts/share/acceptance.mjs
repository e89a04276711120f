// node scripts/share/acceptance.mjs [ROW…]: pushes to a docker-registry of its own through a proxy that counts and disturbs, and
// prints a line per row with its figures. Exits with 1 when a row misses its bound. Needs docker-registry and a built bundle
// (`npm run build`). TSBUILD_SHARE_KILLS is the number of kills of row 8, 200 by default.
import { runRows } from './run-rows.mjs';

await runRows({
  2: ['nothing is sent twice', () => import('./rows/second-push.mjs')],
  3: ['a base stays where it is', () => import('./rows/base-in-place.mjs')],
  4: ['layers are pushed while steps run', () => import('./rows/overlap.mjs')],
  6: ['broken bodies', () => import('./rows/broken-bodies.mjs')],
  8: ['kills', () => import('./rows/killed.mjs')],
});
