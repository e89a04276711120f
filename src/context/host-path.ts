// Byte paths of the host as node:fs takes them, and its errors as ours.
import { toBuffer, toUtf8, type ByteString } from '../core/bytes.js';
import { errnoOf } from '../core/errno.js';
import { TsbuildError } from '../core/errors.js';

/** A path for node:fs. Strings are cheaper than Buffers and mean the same as long as they are ASCII. */
export function hostPath(path: ByteString): string | Buffer {
  return /^[\x00-\x7f]*$/.test(path) ? path : toBuffer(path);
}

/** True when the error says that the object is not there (any more), or is of another type. */
export function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes(errnoOf(error) ?? '');
}

/** CONTEXT_CHANGED for an object that was there a moment ago. `path` is relative to the context. */
export function contextChanged(path: ByteString, cause?: unknown): TsbuildError {
  return new TsbuildError('CONTEXT_CHANGED', `${nameOf(path)} changed while it was read`, {
    hint: 'do not write to the build context during a build, or exclude what changes in .dockerignore',
    cause,
  });
}

/** The failure of an access to `path` (relative to the context): CONTEXT_CHANGED or CONTEXT_UNREADABLE. */
export function contextFailure(error: unknown, path: ByteString): TsbuildError {
  if (error instanceof TsbuildError) return error;
  if (isGone(error)) return contextChanged(path, error);
  const errno = errnoOf(error);
  if (errno === undefined) throw error;
  const isDenied = errno === 'EACCES' || errno === 'EPERM';
  return new TsbuildError(
    'CONTEXT_UNREADABLE',
    `cannot read ${nameOf(path)}: ${isDenied ? 'permission denied' : errno}`,
    {
      hint: isDenied
        ? `make it readable, or exclude it: add ${ignoreLine(path)} to .dockerignore`
        : undefined,
      cause: error,
    },
  );
}

function nameOf(path: ByteString): string {
  return path === '' ? 'the build context' : JSON.stringify(toUtf8(path));
}

function ignoreLine(path: ByteString): string {
  return JSON.stringify(toUtf8(path).replace(/[*?[\\]/g, '\\$&'));
}
