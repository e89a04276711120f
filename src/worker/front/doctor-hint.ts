// Every failure of a sandbox ends with a hint, and every hint says where to learn more.
import { TsbuildError } from '../../core/errors.js';

const MORE =
  '`tsbuild doctor` shows which isolation works on this machine, and what would enable a better one';

/** The same failure; with the pointer when it is one of the sandbox. */
export function pointToDoctor(error: unknown): unknown {
  if (!(error instanceof TsbuildError) || !error.code.startsWith('SANDBOX_')) return error;
  if (error.hint?.includes(MORE)) return error;
  return error.with({ hint: error.hint === undefined ? MORE : `${error.hint}\n${MORE}` });
}
