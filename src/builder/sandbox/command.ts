// Finding the command and becoming it: $PATH of the step's environment, inside its rootfs (runc's exec.LookPath).
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path/posix';
import { TsbuildError } from '../../core/errors.js';
import type { SystemCalls } from './syscalls.js';
import { isSystemCallError } from './syscalls/binding.js';

/** Exit codes a shell gives for a command that it cannot run. */
const CANNOT_EXECUTE = 126;
const NOT_FOUND = 127;

/** Replaces this process by the command. @throws TsbuildError STEP_NOT_FOUND */
export function becomeCommand(calls: SystemCalls, argv: readonly string[], env: readonly string[]): void {
  const path = findCommand(argv[0] ?? '', env);
  try {
    calls.execve(path, argv, env);
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
function findCommand(name: string, env: readonly string[]): string {
  if (name.includes('/')) return checkedCommand(name);
  const search = env.findLast((variable) => variable.startsWith('PATH='))?.slice('PATH='.length) ?? '';
  // An empty element would mean the working directory, which is never searched.
  const found = search
    .split(':')
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, name))
    .find(isExecutable);
  if (found !== undefined && name !== '') return found;
  throw new TsbuildError(
    'STEP_NOT_FOUND',
    `exec: ${JSON.stringify(name)}: executable file not found in $PATH`,
    { exitCode: NOT_FOUND },
  );
}

function checkedCommand(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat)
    throw new TsbuildError(
      'STEP_NOT_FOUND',
      `exec: ${JSON.stringify(path)}: stat ${path}: no such file or directory`,
      { exitCode: NOT_FOUND },
    );
  if (stat.isDirectory())
    throw new TsbuildError('STEP_NOT_FOUND', `exec: ${JSON.stringify(path)}: is a directory`, {
      exitCode: CANNOT_EXECUTE,
    });
  if (!isExecutable(path))
    throw new TsbuildError('STEP_NOT_FOUND', `exec: ${JSON.stringify(path)}: permission denied`, {
      exitCode: CANNOT_EXECUTE,
    });
  return path;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Whatever the reason is, this file cannot be the command; the search goes on.
    return false;
  }
}
