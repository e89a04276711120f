// Where docker's cp puts what it copies (docker's archive.PrepareArchiveCopy). Pure. A trailing `/` or `/.` of the
// source means what is in the directory only with `/.`, and of the destination that it is to be a directory.
import { posix } from 'node:path';
import { TsbuildError } from '../../core/errors.js';

export interface CopySource {
  /** As the user wrote it. */
  readonly path: string;
  readonly isDirectory: boolean;
}

export interface CopyTarget {
  /** As the user wrote it. */
  readonly path: string;
  /** What is there, links followed. */
  readonly found: 'directory' | 'other' | undefined;
}

export interface PlannedCopy {
  /** The directory into which the archive is unpacked, which must exist. */
  readonly directory: string;
  /** What the copied object is called there; '' for what is in a directory. */
  readonly name: string;
}

/** @throws TsbuildError COPY_CONFLICT in docker's words */
export function planCopy(source: CopySource, target: CopyTarget): PlannedCopy {
  if (!source.isDirectory && assertsDirectory(source.path))
    throw new TsbuildError('COPY_CONFLICT', `${source.path}: not a directory`);
  const isContentMeant = /(^|\/)\.$/.test(source.path);
  if (target.found === 'directory')
    return { directory: target.path, name: isContentMeant ? '' : posix.basename(source.path) };
  if (target.found === 'other' && source.isDirectory)
    throw new TsbuildError('COPY_CONFLICT', `cannot copy directory: ${target.path} is a file`);
  if (target.found === 'other' && assertsDirectory(target.path))
    throw new TsbuildError('COPY_CONFLICT', `${target.path}: not a directory`);
  if (!source.isDirectory && assertsDirectory(target.path))
    throw new TsbuildError('COPY_CONFLICT', `no such directory: ${target.path}`, {
      hint: 'make it first, or leave the / at the end out',
    });
  const path = target.path.replace(/(\/\.?)+$/, '') || '/';
  return { directory: posix.dirname(path), name: posix.basename(path) };
}

function assertsDirectory(path: string): boolean {
  return /\/\.?$/.test(path) || path === '.';
}
