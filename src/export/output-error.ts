// Failures of writing where the user asked to.
import { errnoWords } from '../core/errno.js';
import { TsbuildError } from '../core/errors.js';

const HINTS: Readonly<Record<string, (dest: string) => string>> = {
  ENOENT: (dest) => `make the directory of ${dest} first, or name another place`,
  EACCES: () => 'name a place where this user may write',
  EROFS: () => 'name a place where this user may write',
  EISDIR: (dest) => `name a file, such as ${dest}/image.tar`,
};

/** The error as a TsbuildError OUTPUT_FAILED when the system refused; others pass. */
export function outputError(error: unknown, dest: string): unknown {
  if (error instanceof TsbuildError) return error;
  const words = errnoWords(error);
  if (words === undefined) return error;
  const hint = HINTS[(error as NodeJS.ErrnoException).code ?? '']?.(dest);
  return new TsbuildError('OUTPUT_FAILED', `cannot write ${dest}: ${words}`, { cause: error, hint });
}
