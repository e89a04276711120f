// Paths inside a tree: relative, clean, '' is the root. Everything here is text; `..` ends at the root.
import { posix } from 'node:path';
import type { ByteString } from './bytes.js';

export const ROOT = '' as ByteString;

/**
 * Lexically cleaned, made relative to the root: `/a//b/../c/` and `../a/c` become `a/c`. As Go's path.Join("/", path).
 */
export function cleanPath(path: string): ByteString {
  const absolute = posix.normalize(`/${path}`);
  const end = absolute.length > 1 && absolute.endsWith('/') ? -1 : undefined;
  return absolute.slice(1, end) as ByteString;
}

/** `path` below `directory`; both clean, either may be ''. */
export function joinPath(directory: ByteString, path: ByteString): ByteString {
  if (directory === '') return path;
  return (path === '' ? directory : `${directory}/${path}`) as ByteString;
}

/** '' for a name at the top and for the root itself. */
export function parentPath(path: ByteString): ByteString {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0)) as ByteString;
}

/** The last component; '' for the root. */
export function baseName(path: ByteString): ByteString {
  return path.slice(path.lastIndexOf('/') + 1) as ByteString;
}
