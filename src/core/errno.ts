// Failures of system calls: their names of errno(3), and words for who does not know these.

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'it is a directory',
  EEXIST: 'it exists already',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file becomes larger than it may',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many symbolic links',
  EMFILE: 'too many open files',
  EBUSY: 'it is in use',
  EXDEV: 'it lies on another file system',
  ETXTBSY: 'it is being executed',
  EIO: 'input or output error of the device',
};

/** `ENOENT` and its like: the `code` of an error of Node. Undefined for an error without one. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** What such an error means, in words. Undefined as above. */
export function errnoWords(error: unknown): string | undefined {
  const code = errnoOf(error);
  return code === undefined ? undefined : (WORDS[code] ?? code);
}
