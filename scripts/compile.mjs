// Transpiles src and test file by file into build/ for the tests (types are checked by `npm run types`). Stale output is removed.
// BUILD_DIR names another folder of the project to write to.
import { build } from 'esbuild';
import { existsSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const out = process.env.BUILD_DIR ?? 'build';

async function filesOf(dir, extension) {
  if (!existsSync(dir)) return [];
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((e) => e.isFile() && e.name.endsWith(extension))
    .map((e) => join(e.parentPath, e.name));
}

const sources = [...(await filesOf('src', '.ts')), ...(await filesOf('test', '.ts'))];
const expected = new Set(sources.map((file) => join(out, file.replace(/\.ts$/, '.js'))));
for (const file of [
  ...(await filesOf(join(out, 'src'), '.js')),
  ...(await filesOf(join(out, 'test'), '.js')),
]) {
  if (!expected.has(file)) rmSync(file);
}
await build({
  entryPoints: sources,
  outbase: '.',
  outdir: out,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
});
