// Finds the program of a command by the $PATH of its environment, inside its rootfs, and becomes it (runc's
// exec.LookPath).
import { join } from 'node:path/posix';
import { fromUtf8 } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError } from '../host/syscalls/binding.js';

/** Exit codes a shell gives for a command that it cannot run. */
const CANNOT_EXECUTE = 126;
const NOT_FOUND = 127;

/** The process of `calls` becomes the command. @throws TsbuildError STEP_NOT_FOUND */
export function becomeCommand(calls: SystemCalls, argv: readonly string[], env: readonly string[]): void {
  const path = findCommand(calls, argv[0] ?? '', env);
  try {
    calls.execve(fromUtf8(path), argv, env);
  } catch (error) {
    if (!isSystemCallError(error)) throw error;
    throw new TsbuildError('STEP_NOT_FOUND', `exec ${path}: ${executionError(error.code)}`, {
      exitCode: CANNOT_EXECUTE,
      cause: error,
    });
  }
}

function executionError(code: string): string {
  const known: Readonly<Record<string, string>> = {
    ENOEXEC: 'exec format error',
    ENOENT: 'no such file or directory (its interpreter is missing in the image)',
    EACCES: 'permission denied',
    E2BIG: 'argument list too long',
  };
  return known[code] ?? code;
}

/** @throws TsbuildError STEP_NOT_FOUND in runc's words */
function findCommand(calls: SystemCalls, name: string, env: readonly string[]): string {
  if (name.includes('/')) return checkedCommand(calls, name);
  const search = env.findLast((variable) => variable.startsWith('PATH='))?.slice('PATH='.length) ?? '';
  // An empty element would mean the working directory, which is never searched.
  const found = search
    .split(':')
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, name))
    .find((path) => isExecutable(calls, path));
  if (found !== undefined && name !== '') return found;
  throw new TsbuildError(
    'STEP_NOT_FOUND',
    `exec: ${JSON.stringify(name)}: executable file not found in $PATH`,
    { exitCode: NOT_FOUND },
  );
}

function checkedCommand(calls: SystemCalls, path: string): string {
  const type = calls.typeOf(fromUtf8(path));
  if (type === undefined)
    throw new TsbuildError(
      'STEP_NOT_FOUND',
      `exec: ${JSON.stringify(path)}: stat ${path}: no such file or directory`,
      { exitCode: NOT_FOUND },
    );
  if (type === 'directory')
    throw new TsbuildError('STEP_NOT_FOUND', `exec: ${JSON.stringify(path)}: is a directory`, {
      exitCode: CANNOT_EXECUTE,
    });
  if (type !== 'file' || !calls.isExecutable(fromUtf8(path)))
    throw new TsbuildError('STEP_NOT_FOUND', `exec: ${JSON.stringify(path)}: permission denied`, {
      exitCode: CANNOT_EXECUTE,
    });
  return path;
}

function isExecutable(calls: SystemCalls, path: string): boolean {
  return calls.isExecutable(fromUtf8(path)) && calls.typeOf(fromUtf8(path)) === 'file';
}
