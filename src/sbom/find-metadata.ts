// Where package managers keep their metadata in a tree. Only names are looked at, nothing is read.
import { fromUtf8, type ByteString } from '../core/bytes.js';
import { pause } from '../core/in-turns.js';
import { baseName, joinPath, parentPath, ROOT } from '../core/tree-path.js';
import { tracePath } from '../layer/resolve-path.js';
import type { TreeView } from '../layer/tree-view.js';

/**
 * `rpm`: a database of SQLite. `rpm-log`: changes that are not in it yet. `rpm-other`: a database of another form.
 */
export type MetadataKind = 'apk' | 'dpkg' | 'npm' | 'python' | 'rpm' | 'rpm-log' | 'rpm-other';

export interface MetadataFile {
  readonly kind: MetadataKind;
  /** Of a regular file, without links. */
  readonly path: ByteString;
}

/** rpm's macro %_dbpath of the distributions. */
const RPM_FOLDERS = ['var/lib/rpm', 'usr/lib/sysimage/rpm', 'usr/share/rpm'];

const DATABASES: readonly (readonly [MetadataKind, string])[] = [
  ['dpkg', 'var/lib/dpkg/status'],
  ['apk', 'lib/apk/db/installed'],
  ['apk', 'usr/lib/apk/db/installed'],
  ...RPM_FOLDERS.map((folder) => ['rpm', `${folder}/rpmdb.sqlite`] as const),
  ...RPM_FOLDERS.map((folder) => ['rpm-log', `${folder}/rpmdb.sqlite-wal`] as const),
  ...RPM_FOLDERS.flatMap((folder) =>
    ['Packages', 'Packages.db'].map((name) => ['rpm-other', `${folder}/${name}`] as const),
  ),
];

/** Images without dpkg keep a file for each package here. */
const STATUS_FOLDER = 'var/lib/dpkg/status.d';

/** Each file once. @throws TsbuildError ABORTED */
export async function findMetadata(view: TreeView, signal: AbortSignal): Promise<readonly MetadataFile[]> {
  const found = new Map<ByteString, MetadataFile>();
  const add = (kind: MetadataKind, path: ByteString | undefined): void => {
    if (path !== undefined && !found.has(path)) found.set(path, { kind, path });
  };
  for (const [kind, path] of DATABASES) add(kind, fileAt(view, fromUtf8(path)));
  for (const path of statusFiles(view)) add('dpkg', path);
  const folders = [ROOT];
  for (let turn = 0; folders.length > 0; turn++) {
    if (turn % FOLDERS_OF_A_TURN === 0) await pause(signal);
    const { files, below } = lookInto(view, folders.pop()!);
    for (const { kind, path } of files) add(kind, path);
    for (const folder of below) folders.push(folder);
  }
  return [...found.values()];
}

const FOLDERS_OF_A_TURN = 500;

function fileAt(view: TreeView, path: ByteString): ByteString | undefined {
  const trace = tracePath(view, path, { followLast: true });
  if (trace.kind !== 'path') return undefined;
  return view.get(trace.path)?.type === 'file' ? trace.path : undefined;
}

function statusFiles(view: TreeView): (ByteString | undefined)[] {
  const trace = tracePath(view, fromUtf8(STATUS_FOLDER), { followLast: true });
  const folder = trace.kind === 'path' ? trace.path : undefined;
  const names = folder === undefined ? [] : view.children(folder);
  return names
    .filter((name) => !name.endsWith('.md5sums'))
    .map((name) => fileAt(view, joinPath(folder!, name)));
}

interface Folder {
  readonly files: readonly MetadataFile[];
  /** The folders in it. */
  readonly below: readonly ByteString[];
}

function lookInto(view: TreeView, folder: ByteString): Folder {
  const files: MetadataFile[] = [];
  const below: ByteString[] = [];
  const names = view.children(folder);
  for (const name of names) {
    const path = joinPath(folder, name);
    const type = view.get(path)?.type;
    if (type === 'dir') below.push(path);
    else if (type === 'file' && isOfPython(folder, name)) files.push({ kind: 'python', path });
    else if (type === 'file' && name === 'package.json' && isOfNpm(folder, names))
      files.push({ kind: 'npm', path });
  }
  return { files, below };
}

function isOfPython(folder: ByteString, name: ByteString): boolean {
  if (name === 'METADATA') return folder.endsWith('.dist-info');
  if (name === 'PKG-INFO') return folder.endsWith('.egg-info') || baseName(folder) === 'EGG-INFO';
  return name.endsWith('.egg-info');
}

/** An installed package, or an application beside its node_modules. */
function isOfNpm(folder: ByteString, names: readonly ByteString[]): boolean {
  if (names.includes(fromUtf8('node_modules'))) return true;
  const above = parentPath(folder);
  const home = baseName(above).startsWith('@') ? parentPath(above) : above;
  return baseName(home) === 'node_modules';
}

/** The name that a package in this folder has for npm: `lodash`, `@scope/name`. */
export function npmFolderName(folder: ByteString): ByteString {
  const scope = baseName(parentPath(folder));
  return scope.startsWith('@') ? joinPath(scope, baseName(folder)) : baseName(folder);
}
