// Names of an archive to paths of a layer: relative, clean, inside. Nothing is resolved: a name that needs resolving is
// refused.
import { toUtf8, type ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import { limitExceeded, type LayerLimits } from '../limits.js';

/**
 * Drops leading `/` and `./`, doubled and trailing slashes and `.` components; '' is the root.
 * @throws TsbuildError LAYER_UNSAFE for a `..` component, LAYER_INVALID for a NUL byte, LAYER_LIMIT for a path too long
 * or too deep
 */
export function entryPath(name: ByteString, limits: LayerLimits): ByteString {
  // Twice the bound leaves room for components that are dropped, and bounds the work.
  if (name.length > 2 * limits.maxPathBytes)
    throw limitExceeded('maxPathBytes', limits, `tar: ${excerpt(name)}`);
  if (name.includes('\0'))
    throw new TsbuildError('LAYER_INVALID', `tar: ${excerpt(name)}: name with a NUL byte`);
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) {
    throw new TsbuildError(
      'LAYER_UNSAFE',
      `tar: ${excerpt(name)} points outside the archive: a ".." is not allowed in names`,
    );
  }
  const path = parts.join('/') as ByteString;
  if (path.length > limits.maxPathBytes) throw limitExceeded('maxPathBytes', limits, `tar: ${excerpt(name)}`);
  if (parts.length > limits.maxPathDepth)
    throw limitExceeded('maxPathDepth', limits, `tar: ${excerpt(name)}`);
  return path;
}

/** A name for a message: quoted, not endless. */
export function excerpt(name: ByteString): string {
  return JSON.stringify(toUtf8(name.length > 200 ? (`${name.slice(0, 200)}...` as ByteString) : name));
}
