// One entry of a tar archive as it stands there: names are neither cleaned nor checked.
import type { ByteString } from '../../core/bytes.js';
import type { DataRuns, NodeType } from '../entry.js';

export interface RawEntry {
  /** `other`: what no file system holds, such as the label of a volume. */
  readonly type: NodeType | 'hardlink' | 'other';
  /** The letter that says so in the header. */
  readonly typeflag: string;
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
  /** Of a file with holes: what of its content stands there. */
  readonly runs?: DataRuns;
}
