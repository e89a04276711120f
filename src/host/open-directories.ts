// Directories below a root, opened name by name: each from the descriptor of the one above it, following no link. So
// whoever exchanges a directory of the tree for a link, at whatever moment, is not followed out of it (openat(2) by way
// of proc(5), /proc/self/fd).
import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync } from 'node:fs';
import { toPath, toUtf8, type ByteString } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';

/** A directory of the host, and which one it was when its path was resolved. Absolute path. */
export interface HostRoot {
  readonly path: ByteString;
  readonly dev: bigint;
  readonly ino: bigint;
}

export interface OpenDirectory {
  /** With O_PATH. Undefined where directories can only be reached by their paths. */
  readonly fd: number | undefined;
  /** What a name in it is put behind to make a path; ends in a slash. */
  readonly place: ByteString;
}

export interface OpenDirectories {
  /**
   * The directory at a clean path relative to the root ('': the root). Good until the event loop goes on. Throws what
   * `fs.openSync` throws: ELOOP or ENOTDIR for what is no directory.
   * @throws TsbuildError CONTEXT_CHANGED, of the root
   */
  at(path: ByteString): OpenDirectory;
  /** Lets go of all; nothing has to be called, since the end of a turn of the event loop does the same. */
  close(): void;
}

/** open(2) of Linux. Needs no permission to list the directory. */
const O_PATH = 0o10000000;
const OPEN_FLAGS = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const DESCRIPTORS = '/proc/self/fd';
/** A user may have few descriptors, and a tree may be deep. */
const MAX_OPEN = 32;

/** The directory that has that path now. Throws what `fs.lstatSync` throws. */
export function hostRoot(path: ByteString): HostRoot {
  const { dev, ino } = lstatSync(toPath(path), { bigint: true });
  return { path, dev, ino };
}

export function openDirectoriesBelow(root: HostRoot): OpenDirectories {
  return process.platform === 'linux' && existsSync(DESCRIPTORS) ? byDescriptor(root) : byPath(root);
}

/** Elsewhere: only the last component of a path is sure not to be followed. */
function byPath(root: HostRoot): OpenDirectories {
  const prefix = root.path === '/' ? '/' : `${root.path}/`;
  return {
    at: (path) => ({
      fd: undefined,
      place: (path === '' ? prefix : `${prefix}${path}/`) as ByteString,
    }),
    close() {
      // Nothing is open.
    },
  };
}

interface Level {
  /** Its path; '' for the root. */
  readonly path: ByteString;
  /** Undefined when it was closed, to have fewer open. */
  fd: number | undefined;
}

/** Keeps the directories from the root to the last one open, since the next one is mostly near it. */
function byDescriptor(root: HostRoot): OpenDirectories {
  const levels: Level[] = [];
  let last: { readonly path: ByteString; readonly directory: OpenDirectory } | undefined;
  let isClosing = false;

  function close(): void {
    last = undefined;
    for (const { fd } of levels.splice(0)) if (fd !== undefined) closeSync(fd);
  }

  function closeSoon(): void {
    if (isClosing) return;
    isClosing = true;
    setImmediate(() => {
      isClosing = false;
      close();
    });
  }

  function push(path: ByteString, fd: number): number {
    levels.push({ path, fd });
    const spare = levels.at(-1 - MAX_OPEN);
    if (spare?.fd !== undefined) closeSync(spare.fd);
    if (spare) spare.fd = undefined;
    return fd;
  }

  function openRoot(): number {
    const fd = openSync(toPath(root.path), OPEN_FLAGS);
    const { dev, ino } = fstatSync(fd, { bigint: true });
    if (dev === root.dev && ino === root.ino) return push('' as ByteString, fd);
    closeSync(fd);
    throw new TsbuildError('CONTEXT_CHANGED', `${toUtf8(root.path)} was replaced while it was read`, {
      hint: 'run the build again when nothing replaces the build context',
    });
  }

  /** Lets go of what is not on the way to `path`. @returns the descriptor of the lowest directory that is. */
  function goUp(path: ByteString): number {
    for (let level = levels.at(-1); level; level = levels.at(-1)) {
      if (level.fd !== undefined && isOnTheWay(level.path, path)) return level.fd;
      levels.pop();
      if (level.fd !== undefined) closeSync(level.fd);
    }
    return openRoot();
  }

  function open(path: ByteString): number {
    closeSoon();
    let fd = goUp(path);
    for (let at = levels.at(-1)!.path; at.length < path.length; at = levels.at(-1)!.path) {
      const start = at === '' ? 0 : at.length + 1;
      const slash = path.indexOf('/', start);
      const next = (slash < 0 ? path : path.slice(0, slash)) as ByteString;
      fd = push(next, openSync(toPath(`${placeOf(fd)}${next.slice(start)}` as ByteString), OPEN_FLAGS));
    }
    return fd;
  }

  return {
    at(path) {
      if (last?.path === path) return last.directory;
      const fd = open(path);
      const directory = { fd, place: placeOf(fd) };
      last = { path, directory };
      return directory;
    },
    close,
  };
}

function isOnTheWay(directory: ByteString, path: ByteString): boolean {
  return directory === '' || directory === path || path.startsWith(`${directory}/`);
}

function placeOf(fd: number): ByteString {
  return `${DESCRIPTORS}/${fd}/` as ByteString;
}
