// Where V8's compiled form of a script is kept. V8 runs what stands in it and checks no more than its length, so a form
// is taken only from a folder in which nobody can write who could not write the script, or act as this user, anyway.
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { isAbsolute, join } from 'node:path';

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, W_OK } = constants;

/** Bits of the mode by which others than the owner may do anything. */
const OF_OTHERS = 0o077;
/** Bits of the mode by which others than the owner may write. */
const WRITABLE_BY_OTHERS = 0o022;

export interface FormFolders {
  /** The folder of the script. */
  readonly script: string;
  /** The user's own, for a script whose folder the user cannot write. undefined for none. */
  readonly user: string | undefined;
}

/** The folder of the user's own: below $XDG_CACHE_HOME, else below ~/.cache. undefined when neither is known. */
export function userFormFolder(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const { XDG_CACHE_HOME, HOME } = env;
  if (XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)) return join(XDG_CACHE_HOME, 'tsbuild', 'compiled');
  return HOME && isAbsolute(HOME) ? join(HOME, '.cache', 'tsbuild', 'compiled') : undefined;
}

/** The bytes of a form; undefined when there is none, or none that is safe to run. */
export function readForm({ script, user }: FormFolders, name: string): Buffer | undefined {
  return (
    readIf(join(script, name), (stats) => stats.isFile()) ??
    (user && isOwnFolder(user) ? readIf(join(user, name), isOwnFile) : undefined)
  );
}

/**
 * Whether a form could be kept: making one takes longer than asking. Makes the user's folder when that is the place for
 * it.
 */
export function canKeepForm(folders: FormFolders): boolean {
  return placeFor(folders) !== undefined;
}

/**
 * Puts a form in place of the one before, as a whole: two processes may do so at once, and one may be killed. A form
 * that cannot be written is left out, since a start without it is only slower.
 */
export function writeForm(folders: FormFolders, name: string, data: Uint8Array): void {
  const folder = placeFor(folders);
  if (folder === undefined) return;
  const temporary = join(folder, `${name}.${randomUUID()}.tmp`);
  try {
    writeSynced(temporary, data);
    renameSync(temporary, join(folder, name));
  } catch {
    rmSync(temporary, { force: true });
  }
}

/** Synced before it gets its name: after a loss of power V8 would take a file of the right length with other bytes. */
function writeSynced(path: string, data: Uint8Array): void {
  const fd = openSync(path, 'wx', 0o644);
  try {
    // Whatever the umask: everybody who may run the script may use its form, and nobody else may write it.
    fchmodSync(fd, 0o644);
    writeFileSync(fd, data);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function placeFor({ script, user }: FormFolders): string | undefined {
  if (isWritable(script)) return script;
  return user !== undefined && (isOwnFolder(user) || isMade(user)) ? user : undefined;
}

function isMade(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    return false;
  }
  return isOwnFolder(folder);
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, W_OK);
    return true;
  } catch {
    return false;
  }
}

const isOwn = (stats: Stats): boolean => stats.uid === process.geteuid?.();

function isOwnFolder(folder: string): boolean {
  let stats;
  try {
    stats = lstatSync(folder);
  } catch {
    return false;
  }
  return stats.isDirectory() && isOwn(stats) && (stats.mode & OF_OTHERS) === 0;
}

function isOwnFile(stats: Stats): boolean {
  return stats.isFile() && isOwn(stats) && (stats.mode & WRITABLE_BY_OTHERS) === 0;
}

/** What is asked and what is read is the same file, whatever happens to its name. */
function readIf(path: string, isTaken: (stats: Stats) => boolean): Buffer | undefined {
  let fd;
  try {
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    return isTaken(fstatSync(fd)) ? readFileSync(fd) : undefined;
  } finally {
    closeSync(fd);
  }
}
