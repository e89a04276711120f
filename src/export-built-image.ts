// The last part of a build: the image goes to the outputs and gets its names in the store.
import { refuseAborted } from './validate-arguments.js';
import type { EventSink } from './core/events.js';
import { createOnce } from './core/once.js';
import { sideBySide } from './core/side-by-side.js';
import { reportStep } from './core/step-events.js';
import type { Image } from './images/image.js';
import type { Layer } from './images/layer.js';
import { LAYERS_AT_A_TIME } from './images/layer-files.js';
import type { TreeView } from './layer/tree-view.js';
import type { Descriptor } from './oci/types.js';
import type { OutputRequest } from './plan/request.js';
import { nameImage } from './store/image-names.js';
import type { Store } from './store/store.js';
import type { OutputSource, OutputTarget } from './write-outputs.js';

export interface ExportJob {
  readonly image: Image;
  /** The image for outputs with rewrite-timestamp, made when the first asks for it. */
  clamped(): Promise<Image>;
  readonly outputs: readonly OutputRequest[];
  /** `docker.io/library/app:1` */
  readonly names: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** What the image is exported out of and with. */
export interface Exporting {
  readonly store: Store;
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Opened only when something is written to it. */
  readonly stdout: NodeJS.WritableStream;
  readonly emit: EventSink;
  /** Seconds since the epoch. */
  now(): number;
  /** Makes sure that the blob of a layer is in the store. */
  bringBlob(layer: Layer): Promise<unknown>;
  /** The merged tree; the contents of its files are in tars of the store that were verified. @throws TsbuildError STORE_CORRUPT */
  openTree(layers: readonly Layer[]): Promise<TreeView>;
}

/**
 * Writes the outputs and names the image in the store. Blobs of a base that nobody asked for are not fetched.
 * Gives manifest and image as the last archive has them, whose layers may be compressed or rewritten, else the store's.
 */
export async function exportImage(
  job: ExportJob,
  exporting: Exporting,
): Promise<{ readonly manifest: Descriptor; readonly image: Image }> {
  const { image, names, outputs } = job;
  const { store, signal, bringBlob } = exporting;
  if (areBlobsNeeded(job)) await sideBySide(image.layers, LAYERS_AT_A_TIME, bringBlob);
  let exported = { manifest: image.manifest, image };
  const compressed = compressing(exporting);
  for (const output of outputs) {
    const { writeOutput } = await import('./write-outputs.js');
    const source = wantsClampedTimes(output) ? await job.clamped() : image;
    const openTree = () => exporting.openTree(source.layers);
    const manifest = await writeOutput(
      output,
      { ...job, image: source, openTree, compressed },
      targetOf(exporting),
    );
    if (manifest) exported = { manifest, image: source };
  }
  // What has a durable name must be on the disk.
  await Promise.all([store.unsynced.sync(), store.putSmallBlobs([image.configBytes, image.manifestBytes])]);
  refuseAborted(signal);
  await nameImage(store.paths, image.manifest, names, signal);
  return exported;
}

function areBlobsNeeded({ names, outputs }: ExportJob): boolean {
  return (
    names.length > 0 || outputs.some(({ type }) => type === 'oci' || type === 'docker' || type === 'image')
  );
}

function wantsClampedTimes(output: OutputRequest): boolean {
  return (output.type === 'oci' || output.type === 'docker') && output.rewriteTimestamp === true;
}

function compressing({ store, signal }: Exporting): OutputSource['compressed'] {
  const once = createOnce<string, Descriptor>();
  return async (diffId, choice) => {
    const { compressedLayer } = await import('./export/compressed-layer.js');
    return compressedLayer(store, diffId, choice, { once, signal });
  };
}

function targetOf(exporting: Exporting): OutputTarget {
  const { store, cwd, signal, emit } = exporting;
  return {
    store,
    cwd,
    get stdout() {
      return exporting.stdout;
    },
    signal,
    report: (name, work) => reportStep(exporting, { id: name, name }, work),
    note: (message) => emit({ kind: 'note', message }),
  };
}

/**
 * Gives the image of an output with rewrite-timestamp, made when the first output asks for it.
 * @param epoch seconds of SOURCE_DATE_EPOCH
 */
export function clampOnce(
  image: Image,
  epoch: number | undefined,
  { emit, clamp }: { readonly emit: EventSink; clamp(image: Image, epoch: number): Promise<Image> },
): () => Promise<Image> {
  let clamped: Promise<Image> | undefined;
  const begin = async () => {
    if (epoch !== undefined) return clamp(image, epoch);
    emit({
      kind: 'note',
      message: 'rewrite-timestamp is specified, but no SOURCE_DATE_EPOCH was found',
    });
    return image;
  };
  return () => (clamped ??= begin());
}
