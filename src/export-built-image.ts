// The last part of a build: the image gets its names in the store and goes to the outputs.
import type { BuildTools } from './builder/build-tools.js';
import { createOnce } from './core/once.js';
import { reportStep } from './core/step-events.js';
import type { Image } from './images/image.js';
import { LAYERS_AT_A_TIME } from './images/layer-files.js';
import type { Layer } from './images/layer.js';
import { sideBySide } from './core/side-by-side.js';
import type { ExportImage } from './export/export-image.js';
import { treeEntries } from './export/tree-entries.js';
import type { Descriptor } from './oci/types.js';
import type { OutputRequest } from './plan/request.js';
import { nameImage } from './store/image-names.js';
import { removeOtherBoots } from './store/temporary-files.js';
import { refuseAborted } from './validate-arguments.js';

export interface Clamping {
  /** Seconds since 1970; undefined when unset. */
  readonly epoch: number | undefined;
  readonly image: Image;
  finish(layers: readonly Layer[]): Image;
}

type ExportTools = Pick<
  BuildTools,
  'request' | 'store' | 'files' | 'trees' | 'signal' | 'emit' | 'now' | 'tally'
>;

/** Gives the image of an output with rewrite-timestamp, made when the first output asks for it. */
export function clampOnce(
  { store, files, signal, emit }: ExportTools,
  { epoch, image, finish }: Clamping,
): () => Promise<Image> {
  const once = createOnce<'clamped', Image>();
  return () =>
    once('clamped', async () => {
      if (epoch === undefined) {
        emit({
          kind: 'note',
          message: 'rewrite-timestamp is specified, but no SOURCE_DATE_EPOCH was found',
        });
        return image;
      }
      const { clampTimes } = await import('./images/clamp-times.js');
      return finish(await clampTimes({ store, files, signal }, image.layers, epoch));
    });
}

export interface ExportJob {
  readonly tools: ExportTools;
  readonly cwd: string;
  readonly options: { readonly stdout?: NodeJS.WritableStream };
  readonly image: Image;
  readonly clamp: () => Promise<Image>;
  readonly names: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Names the image in the store and writes the outputs. Blobs of a base that nobody asked for are not fetched.
 * Gives manifest and image as the last archive has them, whose layers may be compressed or rewritten, else the store's.
 */
export async function exportImage(job: ExportJob): Promise<{ manifest: Descriptor; image: Image }> {
  const { tools, image, names } = job;
  const { store, files, signal } = tools;
  const outputs = tools.request.outputs ?? [];
  const needsBlobs =
    names.length > 0 || outputs.some(({ type }) => type === 'oci' || type === 'docker' || type === 'image');
  if (needsBlobs) await sideBySide(image.layers, LAYERS_AT_A_TIME, (layer) => files.stored(layer));
  const target = {
    store,
    cwd: job.cwd,
    // Opened only when something is written to it.
    get stdout() {
      return job.options.stdout ?? process.stdout;
    },
    signal,
    report: <T>(name: string, work: () => Promise<T>) => reportStep(tools, { id: name, name }, work),
    note: (message: string) => tools.emit({ kind: 'note', message }),
  };
  let exported = { manifest: image.manifest, image };
  for (const output of outputs) {
    const { writeOutput } = await import('./write-outputs.js');
    const source = wantsClampedTimes(output) ? await job.clamp() : image;
    const manifest = await writeOutput(output, exportable(job, source), target);
    if (manifest) exported = { manifest, image: source };
  }
  // What has a durable name must be on the disk.
  await Promise.all([store.unsynced.sync(), store.putSmallBlobs([image.configBytes, image.manifestBytes])]);
  refuseAborted(signal);
  await nameImage(store.paths, image.manifest, names, signal);
  if (tools.tally.executed > 0) removeOtherBoots(store.paths);
  return exported;
}

function wantsClampedTimes(output: OutputRequest): boolean {
  return (output.type === 'oci' || output.type === 'docker') && output.rewriteTimestamp === true;
}

function exportable({ tools, names, annotations }: ExportJob, image: Image): ExportImage {
  const { store, trees, signal } = tools;
  return {
    config: image.config,
    configBytes: Buffer.from(image.configBytes),
    layers: image.layers.map(({ diffId, descriptor, source }) => ({
      diffId,
      descriptor,
      isBase: source !== undefined,
    })),
    names,
    annotations,
    blobPath: store.paths.blob,
    discardBlob: store.discardBlob,
    async openTree() {
      const view = await trees.whole(image.layers);
      const nodes = [...treeEntries(view)].flatMap((entry) => (entry.kind === 'node' ? [entry.node] : []));
      await trees.bringTars(image.layers, nodes);
      const { verifyTars } = await import('./images/verify-tars.js');
      await verifyTars({ store, signal }, nodes);
      return view;
    },
  };
}
