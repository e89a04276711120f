// An error on its way from one process to another.
import { TsbuildError, type ErrorCode } from '../core/errors.js';
import { isSystemCallError } from './syscalls/binding.js';

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
      message: `no space left for the files of a process: ${error.message}`,
      hint: 'free disk space, or set TSBUILD_ROOT to a directory on a larger disk',
    };
  if (isSystemCallError(error, ...EXHAUSTED))
    return {
      kind: 'failure',
      code: 'HOST_LIMIT',
      message: `this machine, or a limit of this user, has no more open files, processes or memory for a process in a sandbox: ${error.message}`,
      hint: 'raise the limits (ulimit -n 4096, ulimit -u unlimited), or end other programs',
    };
  if (isSystemCallError(error, ...REFUSED))
    return {
      kind: 'failure',
      code: 'SANDBOX_FAILED',
      message: `the kernel refuses a process in a sandbox: ${error.message}`,
      hint: error.syscall === 'fsmount' ? UNMASK_PROC : undefined,
    };
  return {
    kind: 'failure',
    code: 'INTERNAL',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}

/** Where parts of /proc are masked no /proc of another namespace may be mounted (mount_namespaces(7)). */
const UNMASK_PROC =
  'in a container, show all of /proc: docker run --security-opt systempaths=unconfined; of a pod: procMount: Unmasked in the securityContext, with hostUsers: false';

const EXHAUSTED = ['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM'];

/**
 * How a kernel, or a filter of the container around, says no. Anything else is a fault of the store or of tsbuild,
 * which no other isolation mends.
 */
const REFUSED = [
  'EPERM',
  'EACCES',
  'ENOSYS',
  'EOPNOTSUPP',
  'ENOTSUP',
  'EINVAL',
  'ENODEV',
  'EBUSY',
  'EROFS',
  'EUSERS',
];

function isDiskFull(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

export function errorOf(failure: Omit<FailureMessage, 'kind'>): TsbuildError {
  return new TsbuildError(failure.code, failure.message, { hint: failure.hint, exitCode: failure.exitCode });
}
