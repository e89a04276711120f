// The stat cache of one context root: (dev, ino, size, mtime, ctime) to sha256, so that a file is read once and not
// again until it changes. It is only a cache: what cannot be trusted (damage, racy time stamps, a clock that went
// backwards) is read anew, never guessed.
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fromUtf8, type Text } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import { isSettled, settledAt, type FileStamp } from './file-stamp.js';
import { createFileHasher, type HashableFile } from './hash-file.js';
import { errnoOf } from '../core/errno.js';
import { decodeStatRecords, encodeStatRecords, type StatRecord, type StatRecords } from './stat-records.js';

/**
 * An entry that so many saves in a row did not ask for is dropped: another Dockerfile over the same context may still
 * want it.
 */
const MAX_IDLE_SAVES = 3;

export interface StatCache {
  /** What is remembered of a file with that stamp, in hex. */
  known(stamp: FileStamp): string | undefined;
  /**
   * sha256 in hex of the file's content, from the cache or by reading.
   * @throws TsbuildError CONTEXT_CHANGED, CONTEXT_UNREADABLE
   */
  sha256(file: HashableFile): string;
  /** Whether a file was asked for that is not remembered, among others that are: very likely it has changed. */
  hasNews(): boolean;
  /** How much of files was read to answer. */
  bytesRead(): number;
  /** Whether a change of the file from the first such question on is sure to give another stamp. */
  isSettled(stamp: FileStamp): boolean;
  /**
   * Writes the new records, atomically; does nothing when there are none since the last time.
   * @throws TsbuildError STORE_UNWRITABLE
   */
  save(): void;
}

export interface StatCacheOptions {
  /** Where the cache is kept; absent: nothing is remembered beyond this object. */
  readonly file?: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The file of a context root in the store's `stat/` directory. `root` is the real, absolute path. */
export function statCacheFile(statDir: string, root: Text): string {
  return join(statDir, `${createHash('sha256').update(fromUtf8(root)).digest('hex').slice(0, 32)}.stat`);
}

/** Nothing is read before the first question. */
export function openStatCache({ file, now }: StatCacheOptions): StatCache {
  const hashFile = createFileHasher();
  const learned: StatRecord[] = [];
  let known: { readonly records: StatRecords; readonly used: Uint8Array } | undefined;
  let isLoaded = file === undefined;
  let isSaved = true;
  let isSettledNow: ((stamp: FileStamp) => boolean) | undefined;
  let isOneKnown = false;
  let isOneNew = false;
  let bytesRead = 0;

  const lookUp = (stamp: FileStamp): string | undefined => {
    if (!isLoaded) {
      const records = load(file!, now());
      known = records && { records, used: new Uint8Array(records.count) };
      isLoaded = true;
    }
    const index = known?.records.find(stamp);
    if (index === undefined) {
      isOneNew = true;
      return undefined;
    }
    isOneKnown = true;
    known!.used[index] = 1;
    return known!.records.sha256At(index);
  };

  return {
    known: lookUp,
    sha256(wanted) {
      const cached = lookUp(wanted.stamp);
      if (cached !== undefined) return cached;
      const startedAt = now();
      const sha256 = hashFile(wanted);
      bytesRead += Number(wanted.stamp.size);
      if (isSettled(wanted.stamp, startedAt)) {
        learned.push({ stamp: wanted.stamp, sha256, idle: 0 });
        isSaved = false;
      }
      return sha256;
    },
    hasNews: () => isOneKnown && isOneNew,
    bytesRead: () => bytesRead,
    isSettled: (stamp) => (isSettledNow ??= settledAt(now()))(stamp),
    save() {
      if (file === undefined || isSaved) return;
      // A file with several names was learned by each; the last counts.
      const newer = new Map(learned.map((record) => [objectKey(record), record]));
      const kept = known ? survivors(known.records, known.used, newer) : [];
      write(file, encodeStatRecords([...kept, ...newer.values()], now()));
      isSaved = true;
    },
  };
}

function objectKey({ stamp }: Pick<HashableFile, 'stamp'>): string {
  return `${stamp.dev}:${stamp.ino}`;
}

/** Old entries that still count: not replaced by a newer one of the same inode, and asked for not too long ago. */
function survivors(
  known: StatRecords,
  used: Uint8Array,
  newer: ReadonlyMap<string, StatRecord>,
): StatRecord[] {
  const kept: StatRecord[] = [];
  for (let index = 0; index < known.count; index++) {
    const record = known.at(index);
    const idle = used[index] === 1 ? 0 : record.idle + 1;
    if (idle <= MAX_IDLE_SAVES && !newer.has(objectKey(record))) kept.push({ ...record, idle });
  }
  return kept;
}

/** A missing, damaged or foreign file, and one from the future, count as empty. */
function load(file: string, nowMs: number): StatRecords | undefined {
  let data: Buffer;
  try {
    data = readFileSync(file);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw new TsbuildError('STORE_UNWRITABLE', `cannot read the stat cache ${file}`, { cause: error });
  }
  const records = decodeStatRecords(new Uint8Array(data));
  return records && records.savedAtMs <= nowMs ? records : undefined;
}

function write(file: string, data: Uint8Array): void {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, data, { flag: 'wx', mode: 0o600 });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new TsbuildError('STORE_UNWRITABLE', `cannot write the stat cache ${file}`, {
      hint: 'check the permissions and the free space of the store',
      cause: error,
    });
  }
}
