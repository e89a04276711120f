// Failures of writing where the user asked to.
import { TsbuildError } from '../core/errors.js';

/** The error as a TsbuildError OUTPUT_FAILED when the system refused; others pass. */
export function outputError(error: unknown, dest: string): unknown {
  if (error instanceof TsbuildError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined
    ? error
    : new TsbuildError('OUTPUT_FAILED', `cannot write ${dest}: ${message}`, { cause: error });
}
