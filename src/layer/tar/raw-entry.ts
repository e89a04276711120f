// One entry of a tar archive as it stands there: names are neither cleaned nor checked.
import type { ByteString } from '../../core/bytes.js';
import type { NodeType } from '../entry.js';

export interface RawEntry {
  readonly type: NodeType | 'hardlink';
  readonly name: ByteString;
  /** As stored; may carry file type bits above the lower 12. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content; 0 for everything that is not a regular file. */
  readonly size: number;
  /** Whole seconds, may be negative; nanoseconds to add. */
  readonly mtime: number;
  readonly mtimeNsec: number;
  /** Text of a symbolic link, name of a hard link's target, else ''. */
  readonly linkname: ByteString;
  readonly xattrs?: Readonly<Record<string, ByteString>>;
  readonly devMajor: number;
  readonly devMinor: number;
  /** Where the content starts in the uncompressed archive. */
  readonly offset: number;
}
