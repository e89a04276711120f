// Checks that all options for mounts share, in docker's words.
import { isAbsolute, normalize, resolve } from 'node:path/posix';
import { TsbuildError } from '../../core/errors.js';

export function invalidMount(message: string, hint?: string): TsbuildError {
  return new TsbuildError('OPTION_INVALID', message, { hint });
}

/** The path in the container, clean. @throws TsbuildError OPTION_INVALID when it is relative or `/` */
export function mountTarget(text: string): string {
  if (!isAbsolute(text))
    throw invalidMount(
      `invalid mount path: '${text}' mount path must be absolute`,
      'write the path in the container from its root: /data',
    );
  const path = normalize(text).replace(/(?<=.)\/$/, '');
  if (path === '/')
    throw invalidMount("invalid specification: destination can't be '/'", 'mount at a directory below /');
  return path;
}

/** Whether the source is a path of the host, and no name of a volume. */
export function isHostPath(source: string): boolean {
  return source.startsWith('/') || source.startsWith('.');
}

export function hostPath(source: string, cwd: string): string {
  return resolve(cwd, source);
}

const VOLUME_NAME = '[a-zA-Z0-9][a-zA-Z0-9_.-]';

/** @throws TsbuildError OPTION_INVALID */
export function volumeName(text: string): string {
  if (new RegExp(`^${VOLUME_NAME}+$`).test(text)) return text;
  throw invalidMount(
    `create ${text}: ${JSON.stringify(text)} includes invalid characters for a local volume name, only "${VOLUME_NAME}" are allowed`,
    'If you intended to pass a host directory, use absolute path',
  );
}
