// The corpus of a target: fixtures/fuzz/<target>/, one input a file. A name that starts with `bad-` is one that must be rejected, every
// other must be accepted; inputs that once made a reader fail are kept there.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './load.mjs';

/** { name, bytes, isRejected }, sorted by name; with those that the target has from elsewhere. */
export function seedsOf(target) {
  const folder = join(root, 'fixtures', 'fuzz', target.name);
  const names = existsSync(folder) ? readdirSync(folder).toSorted() : [];
  const own = names.map((name) => ({
    name,
    bytes: readFileSync(join(folder, name)),
    isRejected: name.startsWith('bad-'),
  }));
  return [...own, ...(target.moreSeeds?.() ?? [])];
}
