// A place for bundles that every id of the container can reach: the store may lie below directories that only the user may enter.
import { closeSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import { openDirectory } from '../sandbox/path-in-root.js';
import type { SystemCalls } from '../sandbox/syscalls.js';

/** Directories that every host has and no step needs. */
const CANDIDATES = ['/mnt', '/media', '/srv', '/opt'];

export interface Hall {
  /** A new empty directory. */
  makeRoom(): string;
}

/** Covers a directory of the worker's own mount namespace by a tmpfs. @param needed paths that must stay in sight. @throws TsbuildError SANDBOX_FAILED */
export function openHall(calls: SystemCalls, needed: readonly string[]): Hall {
  const place = CANDIDATES.find(
    (path) => existsSync(path) && !needed.some((other) => `${other}/`.startsWith(`${path}/`)),
  );
  if (place === undefined)
    throw new TsbuildError(
      'SANDBOX_FAILED',
      `--runtime needs one of ${CANDIDATES.join(', ')} for its bundles`,
    );
  const mount = calls.createMount('tmpfs', [['mode', '755']], 0);
  const target = openDirectory(place);
  calls.attach(mount, target);
  for (const fd of [mount, target]) closeSync(fd);
  let count = 0;
  return {
    makeRoom() {
      const path = join(place, String(count++));
      mkdirSync(path, { mode: 0o755 });
      return path;
    },
  };
}
