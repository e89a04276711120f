// Images out of an archive into the store.
import type { BuildOptions } from '../build-options.js';
import { closeAfter } from '../core/close-after.js';
import { reportStep } from '../core/step-events.js';
import type { ArchivedImage } from '../images/archive/archived-image.js';
import { archivedImages } from '../images/archive/archived-images.js';
import { openArchive } from '../images/archive/open-archive.js';
import { takeImage } from '../images/archive/take-image.js';
import { formatPlatform, platformOfNode, type Platform } from '../oci/platform.js';
import { familiarReference, parseReference } from '../oci/reference.js';
import { platformRank } from '../registry/select-platform.js';
import { listNameless, nameImage } from '../store/image-names.js';
import { onEngine, type OpenCommand } from './on-engine.js';
import { inputOf } from '../standard-streams.js';
import { loadRequest } from './request-checks.js';

export interface LoadRequest {
  /** An archive, compressed or not, or a directory; default `-`, standard input. */
  readonly input?: string;
  /** Of images for several platforms the one to take; default that of this machine. */
  readonly platform?: Platform;
}

export interface LoadedImage {
  /** Of the manifest. */
  readonly digest: string;
  readonly configDigest: string;
  /** Fully qualified; none when the archive gives it no name. */
  readonly names: readonly string[];
  /** The same as docker shows them: `app:1`. */
  readonly familiarNames: readonly string[];
  readonly platform: Platform;
}

export interface LoadResult {
  /** In the order of the archive. */
  readonly images: readonly LoadedImage[];
}

/**
 * Reads what docker, podman, skopeo, containerd and tsbuild write. Names are given when all of it is in the store.
 * @throws TsbuildError ARCHIVE_INVALID naming the entry, REGISTRY_PLATFORM, STORE_*, ABORTED
 */
export function load(request: LoadRequest = {}, options: BuildOptions = {}): Promise<LoadResult> {
  loadRequest(request, 'request');
  const { input = '-', platform } = request;
  return onEngine(options, async (open) => {
    const { engine, signal, emit, cwd } = open;
    const { store, limits, now } = engine;
    const stdin = () => inputOf(options) ?? process.stdin;
    const step = { id: 'archive', name: '[internal] read archive' };
    const folder = store.temporaryPath();
    const files = await reportStep({ emit, now }, step, () =>
      openArchive({ input, cwd, stdin }, { folder, limits, signal }),
    );
    const work = async (): Promise<LoadResult> => {
      const found = await archivedImages(files, { platform, local: platformOfNode(process.arch) });
      for (const image of found) await takeImage({ store, limits, signal, emit, now }, image);
      for (const { image, names } of found)
        await (names.length > 0
          ? nameImage(store.paths, image.manifest, names, signal)
          : listNameless(store.paths, image.manifest, signal));
      for (const image of found) noteChoice(open, image);
      return { images: found.map(loadedImage) };
    };
    return closeAfter(work, [async () => files.close()]);
  });
}

function loadedImage({ image, names }: ArchivedImage): LoadedImage {
  const { manifest, configDigest } = image;
  const familiarNames = names.map((name) => familiarReference(parseReference(name)));
  return { digest: manifest.digest, configDigest, names, familiarNames, platform: manifest.platform! };
}

function noteChoice({ emit }: OpenCommand, { image, names, others }: ArchivedImage): void {
  const note = (message: string): void => emit({ kind: 'note', message });
  const name = names[0] ?? image.configDigest;
  const own = image.manifest.platform!;
  const local = platformOfNode(process.arch);
  if (others.length > 0)
    note(`${name}: ${formatPlatform(own)} was loaded; the archive also has ${others.join(', ')}`);
  else if (platformRank(own, local) === undefined)
    note(`${name} is for ${formatPlatform(own)}; this machine is ${formatPlatform(local)}`);
}
