// Finds and makes entries of a directory by its descriptor, and tells their status too. A launcher is asked this often,
// so that each needs only one message.
import { cString, isSystemCallError, type Binding, type Name, type SequenceCall } from './binding.js';
import { statusIn, type ObjectStatus, type Timestamp } from './object-status.js';
import { O_CLOEXEC, O_CREAT, O_EXCL, O_NOFOLLOW, O_PATH, O_WRONLY } from './open-flags.js';
import { FSTAT, STAT_LAYOUT } from '../stat-layout.js';

export interface FoundObject extends ObjectStatus {
  readonly fd: number;
}

/** Modification time of a directory before and after something was made in it. */
export interface ParentTimes {
  readonly parentBefore: Timestamp;
  readonly parentAfter: Timestamp;
}

export interface MadeEntry {
  readonly found: FoundObject;
  readonly times: ParentTimes;
}

export interface LookUpCalls {
  /**
   * An O_PATH descriptor of an entry of a directory, which is not followed when it is a link; undefined when there is
   * none.
   */
  lookAt(dir: number, name: Name): FoundObject | undefined;
  /** The same for several. Throws ENOENT when one of them is not there. */
  lookAtAll(dir: number, names: readonly Name[]): readonly FoundObject[];
  /**
   * The same for a path beneath a directory, as long as no link is on the way and none at the end. `indirect`: it must
   * be walked, since there is a link or something else that openat2(2) does not pass, or since the kernel has no such
   * call.
   */
  lookBeneath(dir: number, path: Name): FoundObject | 'absent' | 'indirect';
  /** The same for several; undefined when one of them is absent or indirect. */
  lookBeneathAll(dir: number, paths: readonly Name[]): readonly FoundObject[] | undefined;
  /** Makes an empty directory (0755) or file (0644) and looks at it. */
  makeEntry(dir: number, name: Name, kind: 'dir' | 'file'): MadeEntry;
}

const RESOLVE_NO_SYMLINKS = 0x04n;
const RESOLVE_BENEATH = 0x08n;

export function lookUpCalls(binding: Binding): LookUpCalls {
  const openat = binding.define('int openat(int dir, const char *name, int flags, uint mode)');
  const openat2 = binding.raw('openat2', 437, ['int', 'const char *', 'const void *', 'size_t']);
  const fstat = binding.raw('fstat', FSTAT, ['int', 'void *']);
  const mkdirat = binding.define('int mkdirat(int dir, const char *name, uint mode)');
  const close = binding.define('int close(int fd)');
  const how = new BigUint64Array([BigInt(O_PATH | O_CLOEXEC), 0n, RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH]);
  const statBuffer = (): Buffer => Buffer.alloc(STAT_LAYOUT.bytes);
  const lookAtAll: LookUpCalls['lookAtAll'] = (dir, names) => {
    const stats = names.map(statBuffer);
    const results = binding.sequence(
      names.flatMap((name, i): SequenceCall[] => [
        [openat, dir, cString(name), O_PATH | O_NOFOLLOW | O_CLOEXEC, 0],
        [fstat, { resultOf: 2 * i }, stats[i]!],
      ]),
    );
    return stats.map((stat, i) => ({ fd: results[2 * i]!, ...statusIn(stat) }));
  };
  const beneath = (dir: number, paths: readonly Name[]): FoundObject[] => {
    const stats = paths.map(statBuffer);
    const results = binding.sequence(
      paths.flatMap((path, i): SequenceCall[] => [
        [openat2, dir, cString(path.replace(/^\/+/, '') || '.'), how, how.byteLength],
        [fstat, { resultOf: 2 * i }, stats[i]!],
      ]),
    );
    return stats.map((stat, i) => ({ fd: results[2 * i]!, ...statusIn(stat) }));
  };
  return {
    lookAtAll,
    lookAt(dir, name) {
      try {
        return lookAtAll(dir, [name])[0];
      } catch (error) {
        if (isSystemCallError(error, 'ENOENT')) return undefined;
        throw error;
      }
    },
    lookBeneathAll(dir, paths) {
      try {
        return beneath(dir, paths);
      } catch (error) {
        if (isSystemCallError(error)) return undefined;
        throw error;
      }
    },
    lookBeneath(dir, path) {
      try {
        return beneath(dir, [path])[0]!;
      } catch (error) {
        if (!isSystemCallError(error)) throw error;
        return error.code === 'ENOENT' ? 'absent' : 'indirect';
      }
    },
    makeEntry(dir, name, kind) {
      const [before, after, made] = [statBuffer(), statBuffer(), statBuffer()];
      const create = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
      const making: readonly SequenceCall[] =
        kind === 'dir'
          ? [[mkdirat, dir, cString(name), 0o755]]
          : [
              [openat, dir, cString(name), create, 0o644],
              [close, { resultOf: 1 }],
            ];
      const opened = 2 + making.length;
      const results = binding.sequence([
        [fstat, dir, before],
        ...making,
        [fstat, dir, after],
        [openat, dir, cString(name), O_PATH | O_NOFOLLOW | O_CLOEXEC, 0],
        [fstat, { resultOf: opened }, made],
      ]);
      return {
        found: { fd: results[opened]!, ...statusIn(made) },
        times: { parentBefore: statusIn(before).mtime, parentAfter: statusIn(after).mtime },
      };
    },
  };
}
