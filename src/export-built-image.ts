// The last part of a build: the image goes to the outputs and gets its names in the store.
import type { EventSink } from './core/events.js';
import { createOnce } from './core/once.js';
import { sideBySide } from './core/side-by-side.js';
import { reportStep } from './core/step-events.js';
import { treeEntries } from './export/tree-entries.js';
import type { Image } from './images/image.js';
import { LAYERS_AT_A_TIME, type LayerFiles } from './images/layer-files.js';
import type { Layer } from './images/layer.js';
import type { Trees } from './images/trees.js';
import type { TreeView } from './layer/tree-view.js';
import type { Descriptor, ImageAnnotations } from './oci/types.js';
import type { Pushes } from './open-pushes.js';
import { parseAnnotations } from './plan/annotations.js';
import type { OutputRequest } from './plan/request.js';
import { isPush } from './push-targets.js';
import { nameImage } from './store/image-names.js';
import type { Store } from './store/store.js';
import { refuseAborted } from './validate-arguments.js';
import type { OutputTarget } from './write-outputs.js';

export interface ExportJob {
  readonly image: Image;
  /** The image for outputs with rewrite-timestamp, made when the first asks for it: `clampOnce`. */
  clamped(): Promise<Image>;
  readonly outputs: readonly OutputRequest[];
  /** `docker.io/library/app:1` */
  readonly names: readonly string[];
  readonly annotations: ImageAnnotations;
  readonly pushes: Pushes;
}

/** What an image is exported out of, and with. */
export interface ExportTools {
  readonly store: Store;
  readonly files: Pick<LayerFiles, 'blob' | 'tar'>;
  readonly trees: Pick<Trees, 'whole' | 'bringTars'>;
  /** Relative destinations are relative to it. */
  readonly cwd: string;
  /** Tells where a container engine is. */
  readonly env: NodeJS.ProcessEnv;
  /** Asked for only when something is written to it. */
  stdout(): NodeJS.WritableStream;
  readonly signal: AbortSignal;
  readonly emit: EventSink;
  /** Seconds since the epoch. */
  now(): number;
}

export interface ExportedManifest {
  readonly manifest: Descriptor;
  readonly image: Image;
}

/**
 * Writes the outputs and names the image in the store. Blobs of a base that nobody asked for are not fetched.
 * Gives manifest and image as the last archive has them, whose layers may be compressed or rewritten, else the store's.
 * @throws TsbuildError OUTPUT_FAILED, REGISTRY_*, STORE_*, OPTION_UNSUPPORTED, ABORTED
 */
export async function exportImage(job: ExportJob, tools: ExportTools): Promise<ExportedManifest> {
  const { image, names, outputs } = job;
  const { store, files, signal } = tools;
  if (areBlobsNeeded(job)) await sideBySide(image.layers, LAYERS_AT_A_TIME, (layer) => files.blob(layer));
  const exported = outputs.length > 0 ? await writeOutputs(job, tools) : undefined;
  // What has a durable name must be on the disk.
  await Promise.all([store.unsynced.sync(), store.putSmallBlobs([image.configBytes, image.manifestBytes])]);
  refuseAborted(signal);
  await nameImage(store.paths, image.manifest, isKept(outputs) ? names : [], signal);
  return exported ?? { manifest: image.manifest, image };
}

/** Undefined when none of them is an archive. */
async function writeOutputs(job: ExportJob, tools: ExportTools): Promise<ExportedManifest | undefined> {
  const { createCompressedLayers } = await import('./compressed-layers.js');
  const { writeOutput } = await import('./write-outputs.js');
  const target = targetOf(tools);
  const { compressed = createCompressedLayers(target) } = job.pushes;
  let exported: ExportedManifest | undefined;
  for (const output of job.outputs) {
    const image = wantsClampedTimes(output) ? await job.clamped() : job.image;
    const openTree = () => openVerifiedTree(tools, image.layers);
    const annotations = annotationsOf(output, job.annotations);
    const manifest = await writeOutput(output, { ...job, image, annotations, openTree, compressed }, target);
    if (manifest) exported = { manifest, image };
  }
  return exported;
}

function isKept(outputs: readonly OutputRequest[]): boolean {
  return outputs.every((output) => output.type !== 'image' || output.store !== false);
}

/** The layers of an image that is pushed can be had from where it was pushed to. */
function areBlobsNeeded({ names, outputs }: ExportJob): boolean {
  if (outputs.some(({ type }) => type === 'oci' || type === 'docker')) return true;
  return !outputs.some(isPush) && (names.length > 0 || outputs.some(({ type }) => type === 'image'));
}

function wantsClampedTimes(output: OutputRequest): boolean {
  return 'rewriteTimestamp' in output && output.rewriteTimestamp === true;
}

/** Those of the build, and above them those of the output alone. */
function annotationsOf(output: OutputRequest, common: ImageAnnotations): ImageAnnotations {
  if (!('annotations' in output) || !output.annotations) return common;
  const own = parseAnnotations(output.annotations);
  return {
    manifest: { ...common.manifest, ...own.manifest },
    descriptor: { ...common.descriptor, ...own.descriptor },
  };
}

async function openVerifiedTree(
  { store, trees, signal }: ExportTools,
  layers: readonly Layer[],
): Promise<TreeView> {
  const view = await trees.whole(layers);
  const nodes = [...treeEntries(view)].flatMap((entry) => (entry.kind === 'node' ? [entry.node] : []));
  await trees.bringTars(layers, nodes);
  const { verifyTars } = await import('./images/verify-tars.js');
  await verifyTars({ store, signal }, nodes);
  return view;
}

function targetOf(tools: ExportTools): OutputTarget & Pick<ExportTools, 'store'> {
  const { store, files, cwd, env, stdout, signal, emit } = tools;
  return {
    store,
    files,
    cwd,
    env,
    stdout,
    signal,
    report: (name, work) => reportStep(tools, { id: name, name }, work),
    note: (message) => emit({ kind: 'note', message }),
  };
}

export interface Clamping {
  /** Seconds of SOURCE_DATE_EPOCH; undefined when it is unset. */
  readonly epoch: number | undefined;
  readonly emit: EventSink;
  clamp(layers: readonly Layer[], epoch: number): Promise<Image>;
}

/** Gives the image of an output with rewrite-timestamp, made when the first output asks for it. */
export function clampOnce(image: Image, { epoch, emit, clamp }: Clamping): () => Promise<Image> {
  const once = createOnce<'clamped', Image>();
  return () =>
    once('clamped', async () => {
      if (epoch !== undefined) return clamp(image.layers, epoch);
      emit({
        kind: 'note',
        message: 'rewrite-timestamp is specified, but no SOURCE_DATE_EPOCH was found',
      });
      return image;
    });
}
