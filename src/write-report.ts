// The report of a build, made of the log that was kept of it and of the layers in the store. Nothing is fetched.
import { TsbuildError } from './core/errors.js';
import type { DiffId } from './core/digest.js';
import type { Engine } from './engine.js';
import { writeChunks, type ChunkTarget } from './export/write-chunks.js';
import { analyseLayers } from './image-contents/analyse-layers.js';
import type { ImageContents } from './image-contents/image-contents.js';
import type { ReportImage } from './report/report-data.js';
import { reportFromEvents } from './report/report-from-events.js';
import { reportPage } from './report/page.js';
import { readBuild, readBuildEvents } from './store/build-logs/kept-builds.js';
import { summariseBuild } from './store/build-logs/summarise-build.js';
import type { Store } from './store/store.js';
import { refuseAborted } from './validate-arguments.js';

/** Files that are named, of the largest and of those that are wasted. */
const NAMED_FILES = 50;
/** Directories below this part of the image are not shown. */
const LEAST_SHARE = 0.002;
const DEPTH = 5;
/** Bytes. */
const PIECE = 64 << 10;

/** @param id whole @throws TsbuildError OPTION_INVALID when there is no such log, STORE_CORRUPT, ABORTED */
async function makeReport({ store }: Engine, id: string, signal: AbortSignal): Promise<string> {
  const build = summariseBuild(readBuild(store.paths, id));
  const data = await reportFromEvents(build, readBuildEvents(store.paths, id));
  const images: ReportImage[] = [];
  for (const image of data.images) {
    refuseAborted(signal);
    const contents = await contentsOf(store, image, signal);
    images.push({ ...image, ...(contents && { contents }) });
  }
  return reportPage({ ...data, images });
}

/** @param id whole @throws TsbuildError OUTPUT_FAILED, and as makeReport */
export async function writeReport(engine: Engine, id: string, target: ChunkTarget): Promise<void> {
  const page = Buffer.from(await makeReport(engine, id, target.signal));
  await writeChunks(inPieces(page), target);
}

async function* inPieces(page: Buffer): AsyncGenerator<Buffer, void> {
  for (let at = 0; at < page.length; at += PIECE) yield page.subarray(at, at + PIECE);
}

/** Undefined when a layer is gone, or was never brought here: a base that was built upon and pushed. */
async function contentsOf(
  store: Store,
  { layers }: ReportImage,
  signal: AbortSignal,
): Promise<ImageContents | undefined> {
  const known = layers.map(({ diffId, createdBy }) => ({ diffId: diffId as DiffId, createdBy }));
  if (!known.every(({ diffId }) => store.hasIndex(diffId))) return undefined;
  try {
    return await analyseLayers(
      known.map((layer) => ({ ...layer, entries: () => store.readIndex(layer.diffId) })),
      { limit: NAMED_FILES, share: LEAST_SHARE, depth: DEPTH },
      signal,
    );
  } catch (error) {
    // What is damaged was deleted: the next build makes it anew.
    if (error instanceof TsbuildError && error.code === 'STORE_CORRUPT') return undefined;
    throw error;
  }
}
