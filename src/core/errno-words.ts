// What a system call's failure means, in words: a reader need not know the names of errno(3).

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

/** Undefined for what is no failure of a system call. */
export function errnoWords(error: unknown): string | undefined {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return code === undefined ? undefined : (WORDS[code] ?? code);
}
