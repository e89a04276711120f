// What the front asks of a worker about the files of a container, and what it answers. Plain data. What is long comes
// and goes in pieces that are asked for one by one, so that neither side holds more than one.
import type { StoredLayer } from '../../store/stored-layer.js';

/** A container, as far as its files go. */
export interface ContainerTree {
  /** The container's folder. */
  readonly directory: string;
  /** Bottom first. */
  readonly layers: readonly StoredLayer[];
  /** PID 1, when it runs. */
  readonly main?: { readonly pid: number; readonly startTime: string };
  /** What is mounted over its root, in the order of the mounts. Of a running one they are looked up. */
  readonly mounts: readonly TreeMount[];
  /** Nothing is written to its root. */
  readonly isRootReadonly: boolean;
}

export interface TreeMount {
  /** A directory or file of the host or of a volume. */
  readonly source: string;
  readonly subpath: string;
  readonly target: string;
  readonly isReadonly: boolean;
}

/** Paths are those of the container, links in them are followed inside of it. */
export type FilesWork =
  | { readonly kind: 'changes' }
  /** What it changed as a layer of the store. */
  | { readonly kind: 'commit' }
  /** Of the object itself when it is a link, unless it is followed or the path ends with `/` or `/.`. */
  | { readonly kind: 'status'; readonly path: string; readonly isLinkFollowed: boolean }
  /** All of it but what is mounted, as an archive, by `pull`. */
  | { readonly kind: 'export' }
  /** An object as an archive, by `pull`. `name`: what it is called there; '' for what is in a directory. */
  | {
      readonly kind: 'read';
      readonly path: string;
      readonly isLinkFollowed: boolean;
      readonly name: string;
    }
  /** An archive into a directory, by `push`. `owner`: of all that is written; by default as the archive says. */
  | {
      readonly kind: 'write';
      readonly path: string;
      readonly owner?: { readonly uid: number; readonly gid: number };
    }
  /** The next piece of an archive that is read. `stream`: the number of the request that began it. */
  | { readonly kind: 'pull'; readonly stream: number }
  /** The next piece of one that is written; absent behind the last. */
  | { readonly kind: 'push'; readonly stream: number; readonly data?: Uint8Array }
  /** What was begun is given up. */
  | { readonly kind: 'drop'; readonly stream: number };

/** What is begun in a container, and what goes on with it. */
export type BegunWork = Exclude<FilesWork, { kind: 'pull' | 'push' | 'drop' }>;

export interface ContainerChange {
  readonly kind: 'added' | 'changed' | 'deleted';
  /** Absolute. */
  readonly path: string;
}

export interface PathStatus {
  readonly type: 'file' | 'dir' | 'symlink' | 'other';
  /** Absolute, links followed but perhaps the last. */
  readonly path: string;
  readonly mode: number;
  readonly size: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  /** Text of a link. */
  readonly link?: string;
}

export type FilesAnswer =
  | { readonly kind: 'changes'; readonly changes: readonly ContainerChange[] }
  | { readonly kind: 'layer'; readonly layer: StoredLayer }
  /** Absent: nothing is there. */
  | { readonly kind: 'status'; readonly status?: PathStatus }
  /** Of `export`, `read` and `write`: pieces may be asked for, or be sent. */
  | { readonly kind: 'begun' }
  /** Absent: that was the last. */
  | { readonly kind: 'piece'; readonly data?: Uint8Array }
  /** `devices`: paths that were left out, with the last piece. */
  | { readonly kind: 'taken'; readonly devices: readonly string[] };
