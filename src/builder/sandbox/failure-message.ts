// An error on its way from one process to another.
import { TsbuildError, type ErrorCode } from '../../core/errors.js';

export interface FailureMessage {
  readonly kind: 'failure';
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly exitCode?: number | undefined;
}

export function failureOf(error: unknown): FailureMessage {
  if (error instanceof TsbuildError)
    return {
      kind: 'failure',
      code: error.code,
      message: error.message,
      hint: error.hint,
      exitCode: error.exitCode,
    };
  if (isDiskFull(error))
    return {
      kind: 'failure',
      code: 'STORE_FULL',
      message: `no space left for the files of a RUN step: ${error.message}`,
      hint: 'free disk space, or set TSBUILD_ROOT to a directory on a larger disk',
    };
  return {
    kind: 'failure',
    code: 'SANDBOX_FAILED',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}

function isDiskFull(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

export function errorOf(failure: Omit<FailureMessage, 'kind'>): TsbuildError {
  return new TsbuildError(failure.code, failure.message, { hint: failure.hint, exitCode: failure.exitCode });
}
