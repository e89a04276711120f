// What a worker does with the contents of cache mounts, beside showing them to processes.
import type { FromWorker, RequestOf } from './protocol.js';
import type { Workshop } from './workshop.js';

interface Server {
  readonly workshop: Workshop;
  readonly send: (message: FromWorker) => Promise<void>;
}

/** Builds that carry no cache mounts need none of it. */
const carriedCache = () => import('../rootfs/carried-cache.js');

export async function findCache(
  { workshop: { paths }, send }: Server,
  { id, mount }: RequestOf<'find-cache'>,
): Promise<void> {
  const { hasCacheDirectory } = await carriedCache();
  await send({ kind: 'cache-found', id, isThere: hasCacheDirectory(paths, mount) });
}

export async function restoreCache(
  { workshop: { calls, paths, ownership }, send }: Server,
  { id, mount, layer: { diffId, blob } }: RequestOf<'restore-cache'>,
  signal: AbortSignal,
): Promise<void> {
  const { restoreCacheDirectory } = await carriedCache();
  const content = { diffId, path: paths.blob(blob) };
  await restoreCacheDirectory(calls, mount, content, { paths, ownership, signal });
  await send({ kind: 'done', id });
}

export async function saveCache(
  { workshop: { calls, paths, ownership }, send }: Server,
  { id, mount, maxBytes }: RequestOf<'save-cache'>,
  signal: AbortSignal,
): Promise<void> {
  const { saveCacheDirectory } = await carriedCache();
  const saved = await saveCacheDirectory(calls, mount, { paths, ownership, signal, maxBytes });
  await send({ kind: 'cache-saved', id, saved });
}
