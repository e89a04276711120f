// The archives among the sources of an ADD: found by content, spooled uncompressed into the store's tmp, removed
// afterwards.
import { closeSync, createReadStream, openSync, rmSync } from 'node:fs';
import { fromUtf8, toBuffer } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import type { SelectedSource, Selection } from '../../layer/copy/selection.js';
import { decompress } from '../../layer/decompress/decompress.js';
import { detectCompression } from '../../layer/decompress/detect-compression.js';
import { gunzipStart } from '../../layer/decompress/gunzip-start.js';
import type { LayerEntry, TreeNode } from '../../layer/entry.js';
import { openContentFile, storedChunks } from '../../layer/stored-content.js';
import { openHostFile } from '../../layer/tar/content-source.js';
import { layerEntryOf } from '../../layer/tar/layer-entry-of.js';
import type { RawEntry } from '../../layer/tar/raw-entry.js';
import { startOfArchive } from '../../layer/tar/start-of-archive.js';
import { createTarParser } from '../../layer/tar/tar-parser.js';
import { storeWriteError } from '../../store/durable-write.js';
import { writeAll } from '../../host/write-all.js';
import type { OpenSource, StageRun } from '../stage-run.js';

export interface OpenArchives {
  /** The entries of the archive that this source is, undefined when it is none. */
  entriesOf(source: SelectedSource): readonly LayerEntry[] | undefined;
  /** Removes the spooled files. */
  dispose(): void;
}

/** @throws TsbuildError LAYER_INVALID, LAYER_LIMIT, LAYER_UNSAFE, STORE_FULL */
export async function openArchives(
  run: StageRun,
  candidates: readonly { readonly selection: Selection; readonly origin: OpenSource }[],
): Promise<OpenArchives> {
  const archives = new Map<SelectedSource, readonly LayerEntry[]>();
  const spools: string[] = [];
  const dispose = () => spools.forEach((path) => rmSync(path, { force: true }));
  try {
    for (const { selection, origin } of candidates) {
      for (const source of selection.sources) {
        const node = source.entries[0]?.node;
        if (node?.type !== 'file' || node.size === 0) continue;
        await run.tools.trees.bringTars(origin.layers, [node]);
        if (!(await isArchive(run, node))) continue;
        const spool = run.tools.store.temporaryPath();
        spools.push(spool);
        archives.set(source, await spoolArchive(run, node, spool));
      }
    }
  } catch (error) {
    dispose();
    throw error;
  }
  return { entriesOf: (source) => archives.get(source), dispose };
}

function contentStream(run: StageRun, { content, size }: TreeNode): AsyncIterable<Buffer> {
  if (!content || content.kind === 'bytes') return bytesStream(content?.data ?? new Uint8Array());
  if (content.kind === 'file' && content.root)
    return createReadStream('', { fd: openHostFile(content, size), end: size - 1, highWaterMark: 1 << 18 });
  const open =
    content.kind === 'file'
      ? () => openContentFile(toBuffer(content.path))
      : () => run.tools.store.openTar(content.diffId);
  return storedChunks(open, { offset: content.offset ?? 0, runs: content.runs }, size);
}

async function* bytesStream(data: Uint8Array): AsyncIterable<Buffer> {
  yield Buffer.from(data);
}

/** Whether the (decompressed) content begins with the header of a tar: as BuildKit decides, names do not count. */
async function isArchive(run: StageRun, node: TreeNode): Promise<boolean> {
  const limits = run.tools.limits;
  const start = await startOfArchive(contentStream(run, node), limits);
  if (start !== 'undecodable') return start === 'archive';
  const first = await firstBytes(contentStream(run, node));
  if (detectCompression(first) !== 'gzip') return false;
  return (await startOfArchive(bytesStream(gunzipStart(first)), limits)) === 'archive';
}

const FIRST_BYTES = 1 << 16;

async function firstBytes(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const held: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    held.push(chunk);
    size += chunk.length;
    if (size >= FIRST_BYTES) break;
  }
  return Buffer.concat(held).subarray(0, FIRST_BYTES);
}

async function spoolArchive(run: StageRun, node: TreeNode, spool: string): Promise<LayerEntry[]> {
  const entries: LayerEntry[] = [];
  const limits = run.tools.limits;
  const parser = createTarParser({
    limits,
    onEntry(raw) {
      const entry = layerEntryOf(raw, { limits, whiteouts: false });
      if (entry) entries.push(inSpool(entry, raw, spool));
    },
  });
  const fd = openSync(spool, 'wx', 0o600);
  try {
    for await (const chunk of decompress(contentStream(run, node), { limits })) {
      if (run.tools.signal.aborted)
        throw new TsbuildError('ABORTED', 'interrupted while unpacking an archive');
      parser.write(chunk);
      writeAll(fd, chunk);
    }
    parser.end();
  } catch (error) {
    throw storeWriteError(error, spool);
  } finally {
    closeSync(fd);
  }
  return entries;
}

function inSpool(entry: LayerEntry, { offset, runs }: RawEntry, spool: string): LayerEntry {
  if (entry.kind !== 'node' || entry.node.type !== 'file') return entry;
  const content = { kind: 'file', path: fromUtf8(spool), offset, ...(runs && { runs }) } as const;
  return { ...entry, node: { ...entry.node, content } };
}
