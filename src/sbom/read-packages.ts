// Reads the packages of a tree out of the metadata that was found in it.
import { toUtf8, type ByteString } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import { pause } from '../core/in-turns.js';
import { parentPath } from '../core/tree-path.js';
import type { TreeView } from '../layer/tree-view.js';
import { npmFolderName, type MetadataFile, type MetadataKind } from './find-metadata.js';
import { cleanText } from './clean-text.js';
import type { FoundPackage, PackageEntries, PackageType } from './found-package.js';
import { parseApk } from './parse-apk.js';
import { parseDpkg } from './parse-dpkg.js';
import { parseNpm } from './parse-npm.js';
import { parsePython } from './parse-python.js';
import { parseRpm } from './rpm/parse-rpm.js';

export interface ReadPackages {
  readonly packages: readonly FoundPackage[];
  /** What could not be read, a sentence each. */
  readonly notes: readonly string[];
}

const MIB = 1024 ** 2;

interface Reader {
  readonly type: PackageType;
  /** Larger files are left out. */
  readonly maxBytes: number;
  readonly parse: (bytes: Uint8Array, path: ByteString) => PackageEntries;
}

type UnreadKind = 'rpm-log' | 'rpm-other';
type ReadKind = Exclude<MetadataKind, UnreadKind>;

const READERS: Readonly<Record<ReadKind, Reader>> = {
  dpkg: { type: 'deb', maxBytes: 32 * MIB, parse: parseDpkg },
  apk: { type: 'apk', maxBytes: 32 * MIB, parse: parseApk },
  npm: {
    type: 'npm',
    maxBytes: 4 * MIB,
    parse: (bytes, path) => parseNpm(bytes, toUtf8(npmFolderName(parentPath(path)))),
  },
  python: { type: 'pypi', maxBytes: 4 * MIB, parse: parsePython },
  rpm: { type: 'rpm', maxBytes: 128 * MIB, parse: parseRpm },
};

/** What is said of a file that is not empty. */
const UNREAD: Readonly<Record<UnreadKind, string>> = {
  'rpm-log': 'changes of an rpm database, which are not read.',
  'rpm-other': 'an rpm database of a form that is not read.',
};

const FILES_OF_A_TURN = 100;

/** No image in use has a tenth of it. */
const MAX_PACKAGES = 100_000;

/**
 * The contents of the files can be read, except of those that `isRead` denies.
 * @throws TsbuildError OUTPUT_FAILED for too many packages, ABORTED, and what `view.read` throws
 */
export async function readPackages(
  view: TreeView,
  files: readonly MetadataFile[],
  signal: AbortSignal,
): Promise<ReadPackages> {
  const packages: FoundPackage[] = [];
  const notes: string[] = [];
  for (const [turn, { kind, path }] of files.entries()) {
    if (turn % FILES_OF_A_TURN === 0) await pause(signal);
    const reader = isRead(kind) ? READERS[kind] : undefined;
    const size = view.get(path)?.size ?? 0;
    if (reader && size <= reader.maxBytes) {
      const { entries, broken } = reader.parse(view.read(path, reader.maxBytes), path);
      for (const entry of entries) packages.push({ ...entry, type: reader.type, path });
      refuseMany(packages);
      if (broken > 0) notes.push(noteOf(path, `broken entries are left out: ${broken}.`));
    } else if (reader)
      notes.push(noteOf(path, `more than ${reader.maxBytes / MIB} MiB are too much to be read.`));
    else if (size > 0 && !isRead(kind)) notes.push(noteOf(path, UNREAD[kind]));
  }
  return { packages, notes };
}

/** Whether the contents of such a file are looked at. */
export function isRead(kind: MetadataKind): kind is ReadKind {
  return kind in READERS;
}

function noteOf(path: ByteString, what: string): string {
  return `${cleanText(`/${toUtf8(path)}`)}: ${what}`;
}

function refuseMany(packages: readonly FoundPackage[]): void {
  if (packages.length <= MAX_PACKAGES) return;
  throw new TsbuildError(
    'OUTPUT_FAILED',
    `the image says that it holds more than ${MAX_PACKAGES} packages: too many for an SBOM`,
    { hint: 'build without --sbom' },
  );
}
