// The error of a command that was interrupted while it followed a container, which runs on.
import { TsbuildError } from '../core/errors.js';

export function interrupted({ reason }: AbortSignal): TsbuildError {
  return new TsbuildError('ABORTED', 'interrupted; the container runs on', { cause: reason });
}
