// Where this copy of tsbuild has its command, for processes that come after this one.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { invariant } from '../core/errors.js';
import { nodeCommand } from '../host/node-command.js';

/** Beside the bundle, or above the folders of a file-by-file build. */
const CANDIDATES = ['../bin/tsbuild.js', '../../bin/tsbuild.js', '../../../bin/tsbuild.js'];

/** The command line of a tsbuild command. */
export function tsbuildCommand(...args: readonly string[]): readonly string[] {
  const paths = CANDIDATES.map((candidate) => fileURLToPath(new URL(candidate, import.meta.url)));
  const found = paths.find((path) => existsSync(path));
  invariant(found, `none of ${paths.join(', ')} exists`);
  return nodeCommand(found, args);
}
