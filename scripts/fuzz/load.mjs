// The compiled sources: `npm run compile` makes them in build/; BUILD_DIR names another folder.
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

/** A module of src/ by its path without the ending: `core/errors`. */
export function load(path) {
  return import(join(root, process.env.BUILD_DIR ?? 'build', 'src', `${path}.js`));
}
