// Whether a descriptor is still the file that has its name.
import { fstatSync, statSync } from 'node:fs';

export function isFileAt(path: string, fd: number): boolean {
  return statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino;
}
