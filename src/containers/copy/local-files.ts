// The side of cp that is this machine: what is there, its files as an archive, and an archive as files. What comes out
// of a container gives nobody rights here: links in an archive are made and never followed, and bits of set-id are
// dropped.
import { closeSync, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fromUtf8, toUtf8 } from '../../core/bytes.js';
import { errnoWords } from '../../core/errno.js';
import { TsbuildError } from '../../core/errors.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { O_DIRECTORY, O_RDONLY } from '../../host/syscalls/open-flags.js';
import { tarChunks } from '../../layer/tar/tar-chunks.js';
import { createArchiveWriter } from '../../rootfs/archive-writer.js';
import { liveObject } from '../../rootfs/live-tree.js';
import { plainOwnership } from '../../rootfs/ownership.js';
import { readArchiveInto } from '../../rootfs/read-archive.js';
import { attributesOfUser } from '../../rootfs/written-attributes.js';

export interface LocalReading {
  /** What the object is called in the archive; '' for what is in a directory. */
  readonly name: string;
  readonly signal: AbortSignal;
}

/**
 * A tar of what is at `path`, of a link itself unless the path ends with `/.`.
 * @throws TsbuildError CONTEXT_UNREADABLE, LAYER_LIMIT, ABORTED
 */
export async function* readLocal(
  calls: SystemCalls,
  path: string,
  { name, signal }: LocalReading,
): AsyncGenerator<Buffer> {
  const isContent = /(^|\/)\.?\/?$/.test(path);
  try {
    const parent = openSync(isContent ? path : dirname(path), O_RDONLY | O_DIRECTORY);
    try {
      const entry = fromUtf8(isContent ? '.' : basename(path));
      const entries = liveObject(calls, parent, entry, { ownership: plainOwnership, name: fromUtf8(name) });
      const options = { held: 1, whiteouts: false, areContentsHashed: false, signal };
      for await (const { data } of tarChunks(entries, options).chunks) yield data;
    } finally {
      closeSync(parent);
    }
  } catch (error) {
    throw toldFailure(error, 'CONTEXT_UNREADABLE', `cannot read ${path}`);
  }
}

export interface LocalWriting {
  /** Owners are those of the archive, as far as this user may. */
  readonly areOwnersKept: boolean;
  /** Told of what was left out. */
  readonly note: (message: string) => void;
}

/** @param directory which exists. @throws TsbuildError OUTPUT_FAILED, COPY_CONFLICT, LAYER_*, what `chunks` throw */
export async function writeLocal(
  calls: SystemCalls,
  directory: string,
  chunks: AsyncIterable<Buffer>,
  { areOwnersKept, note }: LocalWriting,
): Promise<void> {
  const root = openSync(directory, O_RDONLY | O_DIRECTORY);
  const archive = readArchiveInto(
    createArchiveWriter(calls, root, {
      attributes: attributesOfUser(calls, { areOwnersKept }),
      missing: { mode: 0o755, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
      onDevice: (path) => note(`/${toUtf8(path)} is a device and was left out`),
    }),
  );
  try {
    for await (const chunk of chunks) await archive.write(chunk);
    archive.end();
  } catch (error) {
    throw toldFailure(error, 'OUTPUT_FAILED', `cannot write to ${directory}`);
  } finally {
    archive.close();
    closeSync(root);
  }
}

function toldFailure(error: unknown, code: 'CONTEXT_UNREADABLE' | 'OUTPUT_FAILED', what: string): unknown {
  const words = error instanceof TsbuildError ? undefined : errnoWords(error);
  return words === undefined ? error : new TsbuildError(code, `${what}: ${words}`, { cause: error });
}
