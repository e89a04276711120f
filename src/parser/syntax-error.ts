// The errors of this folder in one line each. Message texts are BuildKit's.
import { TsbuildError, type SourceLocation } from '../core/errors.js';

/** DOCKERFILE_SYNTAX without a place yet: the reader of the instruction adds it. */
export function syntaxError(message: string): TsbuildError {
  return new TsbuildError('DOCKERFILE_SYNTAX', message);
}

/**
 * The result of `read`, with the place (and, for the second level, BuildKit's line prefix) added to what it throws.
 * An error that has a place already is passed on as it is.
 */
export function withLocation<T>(location: SourceLocation, prefix: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TsbuildError) || error.location) throw error;
    throw error.with({ message: prefix + error.message, location });
  }
}
