// A failure that was told already, in the form that the user asked for: only its exit status is left to give.
import { exitStatusOf, TsbuildError } from '../core/errors.js';

export interface ToldFailure extends Error {
  readonly toldStatus: number;
}

export function toldFailure(cause: unknown): ToldFailure {
  return Object.assign(new Error('told already', { cause }), { toldStatus: statusOf(cause) });
}

export function isTold(error: unknown): error is ToldFailure {
  return error instanceof Error && 'toldStatus' in error;
}

/** Of the process. */
export function statusOf(error: unknown): number {
  return exitStatusOf(error instanceof TsbuildError ? error.code : 'INTERNAL');
}
