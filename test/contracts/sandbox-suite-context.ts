// What the parts of the suite of sandboxes share.
import type { ExecutionContext } from 'ava';
import { TsbuildError, type ErrorCode } from '../../src/core/errors.js';
import type { SandboxDriver, World } from '../support/sandbox-world.js';

export interface SuiteContext {
  readonly driver: SandboxDriver;
  /** A test with the world that all tests of the file share. */
  check(title: string, run: (t: ExecutionContext, world: World) => Promise<void>): void;
}

/** Folders of trees by rung. */
export const TREES: Readonly<Record<string, string>> = {
  'userns-single': 'trees-recorded',
  chroot: 'trees-plain',
};

export function lines(text: string): string[] {
  return text.trim().split('\n');
}

export async function failureCode(
  promise: Promise<unknown>,
): Promise<{ code: ErrorCode | undefined; message: string }> {
  try {
    await promise;
    return { code: undefined, message: '' };
  } catch (error) {
    return error instanceof TsbuildError
      ? { code: error.code, message: error.message }
      : { code: undefined, message: String(error) };
  }
}
