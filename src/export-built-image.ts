// The last part of a build: the image gets its names in the store and goes to the outputs.
import type { FinishedImage } from './images/finish-image.js';
import { ensureBlob, LAYERS_AT_A_TIME } from './images/layer-files.js';
import type { Session } from './builder/session.js';
import { reportStep } from './core/step-events.js';
import { bringTars, treeOf } from './images/trees.js';
import type { ChainLayer } from './images/chain-layer.js';
import { sideBySide } from './core/side-by-side.js';
import type { ExportImage } from './export/export-image.js';
import { treeEntries } from './export/tree-entries.js';
import type { Descriptor } from './oci/types.js';
import type { OutputRequest } from './plan/request.js';
import { nameImage } from './store/image-names.js';
import { removeOtherBoots } from './store/temporary-files.js';
import { refuseAborted } from './validate-arguments.js';

/** An image and the chain of layers it is of. */
export interface BuiltImage {
  readonly image: FinishedImage;
  readonly layers: readonly ChainLayer[];
}

/** Gives the image of an output with rewrite-timestamp, made when the first output asks for it. */
export function clampOnce(
  session: Session,
  epoch: number | undefined,
  built: BuiltImage,
  finish: (layers: readonly ChainLayer[]) => FinishedImage,
): () => Promise<BuiltImage> {
  return () =>
    session.once('clamp times', async () => {
      if (epoch === undefined) {
        session.emit({
          kind: 'note',
          message: 'rewrite-timestamp is specified, but no SOURCE_DATE_EPOCH was found',
        });
        return built;
      }
      const { clampTimes } = await import('./images/clamp-times.js');
      const layers = await clampTimes(session, built.layers, epoch);
      return { image: finish(layers), layers };
    });
}

export interface ExportJob {
  readonly session: Session;
  readonly options: { readonly stdout?: NodeJS.WritableStream };
  readonly built: BuiltImage;
  readonly clamp: () => Promise<BuiltImage>;
  readonly names: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Names the image in the store and writes the outputs. Blobs of a base that nobody asked for are not fetched.
 * Gives manifest and image as the last archive has them, whose layers may be compressed or rewritten, else the store's.
 */
export async function exportImage(job: ExportJob): Promise<{ manifest: Descriptor; image: FinishedImage }> {
  const { session, built, names } = job;
  const { image, layers } = built;
  const outputs = session.request.outputs ?? [];
  const needsBlobs =
    names.length > 0 || outputs.some(({ type }) => type === 'oci' || type === 'docker' || type === 'image');
  if (needsBlobs) await sideBySide(layers, LAYERS_AT_A_TIME, (layer) => ensureBlob(session, layer));
  const target = {
    store: session.store,
    cwd: session.cwd,
    // Opened only when something is written to it.
    get stdout() {
      return job.options.stdout ?? process.stdout;
    },
    signal: session.signal,
    report: <T>(name: string, work: () => Promise<T>) => reportStep(session, { id: name, name }, work),
    note: (message: string) => session.emit({ kind: 'note', message }),
  };
  let exported = { manifest: image.manifest, image };
  for (const output of outputs) {
    const { writeOutput } = await import('./write-outputs.js');
    const source = wantsClampedTimes(output) ? await job.clamp() : built;
    const manifest = await writeOutput(output, exportable(job, source), target);
    if (manifest) exported = { manifest, image: source.image };
  }
  // What has a durable name must be on the disk.
  await Promise.all([
    session.store.unsynced.sync(),
    session.store.putSmallBlobs([built.image.configBytes, built.image.manifestBytes]),
  ]);
  refuseAborted(session.signal);
  await nameImage(session.store.paths, image.manifest, names, session.signal);
  if (session.stepCache.tally.executed > 0) removeOtherBoots(session.store.paths);
  return exported;
}

function wantsClampedTimes(output: OutputRequest): boolean {
  return (output.type === 'oci' || output.type === 'docker') && output.rewriteTimestamp === true;
}

function exportable({ session, names, annotations }: ExportJob, { image, layers }: BuiltImage): ExportImage {
  return {
    config: image.config,
    configBytes: image.configBytes,
    layers: image.layers,
    names,
    annotations,
    blobPath: session.store.paths.blob,
    discardBlob: session.store.discardBlob,
    async openTree() {
      const view = await treeOf(session, layers);
      const nodes = [...treeEntries(view)].flatMap((entry) => (entry.kind === 'node' ? [entry.node] : []));
      await bringTars(session, layers, nodes);
      const { verifyTars } = await import('./images/verify-tars.js');
      await verifyTars(session, nodes);
      return view;
    },
  };
}
