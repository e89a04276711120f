// The names of volumes: docker's rule, and the names of anonymous ones. Pure but for chance.
import { randomBytes } from 'node:crypto';
import { TsbuildError } from '../../core/errors.js';

/** moby daemon/names: letters, digits, and after the first character `_`, `.` and `-`. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** As file systems have it for one name. */
const MOST_BYTES = 255;

/** @throws TsbuildError OPTION_INVALID */
export function requireVolumeName(name: string): void {
  if (name.length < 2)
    throw new TsbuildError(
      'OPTION_INVALID',
      `volume name ${JSON.stringify(name)} is too short, names should be at least two alphanumeric characters`,
    );
  if (NAME.test(name) && name.length <= MOST_BYTES) return;
  throw new TsbuildError(
    'OPTION_INVALID',
    `${JSON.stringify(name)} includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed`,
    { hint: 'If you intended to pass a host directory, use absolute path' },
  );
}

/** 64 hexadecimal digits. */
export function anonymousName(): string {
  return randomBytes(32).toString('hex');
}
