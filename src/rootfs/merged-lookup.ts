// Finds objects in the trees of layers as an overlay of them would show them, without mounting one: marks of deletion
// and opaque directories count. For trees that nobody writes to; only real directories are entered.
import { lstatSync, type BigIntStats } from 'node:fs';
import type { ByteString } from '../core/bytes.js';
import { baseName, parentPath } from '../core/tree-path.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isOpaque, WHITEOUT_PREFIX, whiteoutName } from './tree-marks.js';
import { childPath } from './tree-index.js';

export interface Below {
  readonly path: Buffer;
  readonly stat: BigIntStats;
}

interface Found extends Below {
  /** Directories that are shown as one, topmost first; empty for anything else. */
  readonly parts: readonly Buffer[];
}

/** @param lowers trees, topmost first  @returns a lookup by path from the root; undefined where nothing is shown */
export function mergedLookup(
  calls: SystemCalls,
  lowers: readonly string[],
): (path: ByteString) => Below | undefined {
  const directories = new Map<ByteString, readonly Buffer[]>();

  function partsOf(path: ByteString): readonly Buffer[] {
    const known = directories.get(path);
    if (known) return known;
    const parts =
      path === ''
        ? upToOpaque(
            calls,
            lowers.map((lower) => Buffer.from(lower)),
          )
        : (find(path)?.parts ?? []);
    directories.set(path, parts);
    return parts;
  }

  function find(path: ByteString): Found | undefined {
    return findChild(calls, partsOf(parentPath(path)), baseName(path));
  }
  return find;
}

function findChild(calls: SystemCalls, parts: readonly Buffer[], name: ByteString): Found | undefined {
  const directories: Buffer[] = [];
  let top: Below | undefined;
  for (const part of parts) {
    const path = childPath(part, name);
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat && (whiteoutName(name, stat) !== undefined || (top && !stat.isDirectory()))) break;
    if (stat && !stat.isDirectory()) return { path, stat, parts: [] };
    if (stat) {
      top ??= { path, stat };
      directories.push(path);
    }
    if (hasMark(part, name)) break;
  }
  return top && { ...top, parts: upToOpaque(calls, directories) };
}

function hasMark(part: Buffer, name: ByteString): boolean {
  const mark = childPath(part, `${WHITEOUT_PREFIX}${name}` as ByteString);
  return lstatSync(mark, { throwIfNoEntry: false })?.isFile() ?? false;
}

function upToOpaque(calls: SystemCalls, parts: readonly Buffer[]): readonly Buffer[] {
  const opaque = parts.findIndex((part) => isOpaque(calls.listXattrs(part)));
  return opaque === -1 ? parts : parts.slice(0, opaque + 1);
}
