// The entries of a tar that holds an image, by name. Pure.
// Invariant: each name is a clean relative path, stands for one file, and leads to no place outside of the archive.
// Tools that write images write files, folders and links between them: anything else is refused, whether it is used or
// not, and so is a second file of one name, which readers of archives do not agree about.
import { fromUtf8, toUtf8, type ByteString } from '../../core/bytes.js';
import type { TsbuildError } from '../../core/errors.js';
import type { RawEntry } from '../../layer/tar/raw-entry.js';
import { archiveInvalid, type ArchiveFile } from './archive-files.js';

type Entry =
  | { readonly kind: 'file'; readonly file: ArchiveFile }
  | { readonly kind: 'link'; readonly target: ByteString }
  | { readonly kind: 'folder' };

export interface EntryTable {
  /** `file` is where the content of a regular file will be. @throws TsbuildError ARCHIVE_INVALID */
  add(raw: RawEntry, file: () => ArchiveFile): void;
  /** @throws TsbuildError ARCHIVE_INVALID as ArchiveFiles.find */
  find(path: string): ArchiveFile | undefined;
  readonly isEmpty: () => boolean;
}

/** As many as Linux follows in one path (path_resolution(7)). */
const MAX_LINKS = 40;

/** @param archive name of the archive, for messages */
export function createEntryTable(archive: string): EntryTable {
  const entries = new Map<ByteString, Entry>();

  function invalid(name: ByteString, why: string): TsbuildError {
    return archiveInvalid(archive, toUtf8(name), why);
  }

  /** Undefined for the root. */
  function cleanName(name: ByteString): ByteString | undefined {
    if (name.startsWith('/')) throw invalid(name, 'an absolute name');
    const parts = name.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.includes('..')) throw invalid(name, 'a name with ..');
    return parts.length === 0 ? undefined : (parts.join('/') as ByteString);
  }

  /** Where a symbolic link leads, lexically: there are no links among the folders that matter. */
  function linkTarget(name: ByteString, link: ByteString): ByteString {
    if (link.startsWith('/')) throw invalid(name, `a link to ${toUtf8(link)}, outside of the archive`);
    const parts = name.split('/').slice(0, -1);
    for (const part of link.split('/'))
      if (part === '..') {
        if (parts.pop() === undefined)
          throw invalid(name, `a link to ${toUtf8(link)}, outside of the archive`);
      } else if (part !== '' && part !== '.') parts.push(part);
    return parts.join('/') as ByteString;
  }

  function entryOf(raw: RawEntry, name: ByteString, file: () => ArchiveFile): Entry {
    switch (raw.type) {
      case 'dir':
        return { kind: 'folder' };
      case 'symlink':
        return { kind: 'link', target: linkTarget(name, raw.linkname) };
      case 'hardlink':
        return { kind: 'link', target: cleanName(raw.linkname) ?? ('' as ByteString) };
      case 'file':
        if (raw.runs) throw invalid(name, 'a file with holes');
        return { kind: 'file', file: file() };
      default:
        throw invalid(name, `an entry of type ${raw.type} in an archive of images`);
    }
  }

  return {
    add(raw, file) {
      const name = cleanName(raw.name);
      if (name === undefined) return;
      const known = entries.get(name);
      if (known && (known.kind !== 'folder' || raw.type !== 'dir'))
        throw invalid(name, 'the archive holds it twice');
      entries.set(name, entryOf(raw, name, file));
    },
    find(path) {
      let name = cleanName(fromUtf8(path));
      for (let links = 0; links <= MAX_LINKS; links++) {
        const entry = name === undefined ? undefined : entries.get(name);
        if (!entry && links > 0)
          throw invalid(fromUtf8(path), `a link to ${toUtf8(name!)}, which is not there`);
        if (!entry) return undefined;
        if (entry.kind === 'file') return entry.file;
        if (entry.kind === 'folder') throw invalid(fromUtf8(path), 'a folder, not a file');
        name = entry.target;
      }
      throw invalid(fromUtf8(path), 'a circle of links');
    },
    isEmpty: () => entries.size === 0,
  };
}
