// A place outside of the store, whose path has no character that means something, and which every id of the container
// can reach: the store may lie below directories that only the user may enter.
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../core/errors.js';
import { attachAt } from './attach-at.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';

/** Directories that every host has and no process needs. */
const CANDIDATES = ['/mnt', '/media', '/srv', '/opt'];

export interface Hall {
  /** A new empty directory. */
  makeRoom(): string;
}

export interface HallOptions {
  /** What needs it, for the error. */
  readonly user: string;
  /** Paths that must stay in sight. */
  readonly needed: readonly string[];
}

/** Covers a directory of the worker's own mount namespace by a tmpfs. @throws TsbuildError SANDBOX_FAILED */
export function openHall(calls: SystemCalls, { user, needed }: HallOptions): Hall {
  const place = CANDIDATES.find(
    (path) =>
      existsSync(path) && !isMountPoint(path) && !needed.some((other) => `${other}/`.startsWith(`${path}/`)),
  );
  if (place === undefined)
    throw new TsbuildError(
      'SANDBOX_FAILED',
      `${user} needs one of ${CANDIDATES.join(', ')}, unused and empty`,
    );
  attachAt(calls, calls.createMount('tmpfs', [['mode', '755']], 0), place);
  let count = 0;
  return {
    makeRoom() {
      const path = join(place, String(count++));
      mkdirSync(path, { mode: 0o755 });
      return path;
    },
  };
}

/** Somebody uses it, or it is a hall already. */
function isMountPoint(path: string): boolean {
  return statSync(path).dev !== statSync(join(path, '..')).dev;
}
