// What the kernel says of a file without reading it. Equal stamps of a settled file mean equal content (racy
// timestamps: git's Documentation/technical/racy-git).
import type { FileStatus } from '../host/bulk-file-calls.js';

export type FileStamp = Pick<FileStatus, 'dev' | 'ino' | 'size' | 'mtimeNs' | 'ctimeNs'>;

/** Only the five fields, so that a whole stat result is not kept alive. */
export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: FileStamp): FileStamp {
  return { dev, ino, size, mtimeNs, ctimeNs };
}

export function isSameStamp(a: FileStamp, b: FileStamp): boolean {
  return isSameObject(a, b) && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

export function isSameObject(a: FileStamp, b: FileStamp): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

const NS_PER_MS = 1_000_000n;
const NS_PER_S = 1_000_000_000n;
/** Kernel time stamps advance with its tick, at most 10 ms; the rest is margin. */
const TICK_NS = 50n * NS_PER_MS;
/** File systems that keep whole seconds, FAT two of them. */
const COARSE_NS = 2n * NS_PER_S;

/**
 * Whether a change of the file after `nowMs` (taken before its content was read) is sure to give another stamp. False
 * also for times in the future.
 */
export function isSettled(stamp: FileStamp, nowMs: number): boolean {
  return settledAt(nowMs)(stamp);
}

/**
 * `isSettled` for many files. `nowMs` is from before the first was looked at, which errs on the safe side for the
 * others.
 */
export function settledAt(nowMs: number): (stamp: FileStamp) => boolean {
  const now = BigInt(Math.floor(nowMs)) * NS_PER_MS;
  const lastFine = now - TICK_NS;
  const lastCoarse = now - COARSE_NS;
  return ({ mtimeNs, ctimeNs }) => {
    if (mtimeNs >= lastFine || ctimeNs >= lastFine) return false;
    if (mtimeNs < lastCoarse && ctimeNs < lastCoarse) return true;
    return mtimeNs % NS_PER_S !== 0n || ctimeNs % NS_PER_S !== 0n;
  };
}
