// The last part of a build: its images go to the outputs and get their names in the store.
import type { EventSink } from './core/events.js';
import type { BuildDescription, ExportedRoot } from './describe-build.js';
import type { CompressingOptions } from './compressed-layers.js';
import { createOnce } from './core/once.js';
import { sideBySide } from './core/side-by-side.js';
import { reportBytes } from './core/report-bytes.js';
import { reportStep } from './core/step-events.js';
import { treeEntries } from './export/tree-entries.js';
import type { Image } from './images/image.js';
import { LAYERS_AT_A_TIME, type LayerFiles } from './images/layer-files.js';
import type { Layer } from './images/layer.js';
import type { Trees } from './images/trees.js';
import type { TreeView } from './layer/tree-view.js';
import { platformOfNode } from './oci/platform.js';
import type { Descriptor } from './oci/types.js';
import type { Pushes } from './open-pushes.js';
import { parseAnnotations, type Annotation } from './plan/annotations.js';
import type { OutputRequest } from './plan/request.js';
import { isPush } from './push-targets.js';
import { nameImage } from './store/image-names.js';
import type { Store } from './store/store.js';
import { refuseAborted } from './validate-arguments.js';
import type { OutputTarget } from './write-outputs.js';

export interface ExportJob extends BuildDescription {
  /** The images for outputs with rewrite-timestamp, made when the first asks for them: `clampOnce`. */
  clamped(): Promise<readonly Image[]>;
  readonly outputs: readonly OutputRequest[];
  /** `docker.io/library/app:1` */
  readonly names: readonly string[];
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

/**
 * Writes the outputs and names what was built in the store: an image, or an index of several. Blobs of a base that
 * nobody asked for are not fetched.
 * Gives what the last archive or push has, whose layers may be compressed or rewritten, else the store's.
 * @throws TsbuildError OUTPUT_FAILED, REGISTRY_*, STORE_*, OPTION_UNSUPPORTED, ABORTED
 */
export async function exportImages(job: ExportJob, tools: ExportTools): Promise<ExportedRoot> {
  const { images, names, outputs } = job;
  const { store, files, signal } = tools;
  const layers = images.flatMap((image) => image.layers);
  if (areBlobsNeeded(job)) await sideBySide(layers, LAYERS_AT_A_TIME, (layer) => files.blob(layer));
  const exported = outputs.length > 0 ? await writeOutputs(job, tools) : undefined;
  const { root, documents } = await storedRoot(job);
  // What has a durable name must be on the disk.
  await Promise.all([store.unsynced.sync(), store.putSmallBlobs(documents)]);
  refuseAborted(signal);
  await nameImage(store.paths, root, isKept(outputs) ? names : [], signal);
  const [first] = images as readonly [Image];
  return exported ?? { root, ...(root.platform && { configDigest: first.configDigest }) };
}

interface StoredRoot {
  readonly root: Descriptor;
  readonly documents: readonly Uint8Array[];
}

/** What names in the store stand for; its layers are as they lie there. */
async function storedRoot(job: ExportJob): Promise<StoredRoot> {
  const { images, isIndex, annotations, names, outputs } = job;
  const documents = images.flatMap(({ configBytes, manifestBytes }) => [configBytes, manifestBytes]);
  const [first] = images as readonly [Image];
  // What nobody can name is not attested.
  const attest = isKept(outputs) && names.length > 0 ? job.attest : undefined;
  if (!isIndex && !attest) return { root: first.manifest, documents };
  const { attestStored, indexOfStore } = await import('./describe-build.js');
  const attestations = attest ? await attestStored(images, attest) : [];
  const { root, indexBytes } = indexOfStore(images, annotations, attestations);
  const blobs = attestations.flatMap((one) => [...one.blobs.map(({ bytes }) => bytes), one.manifestBytes]);
  return { root, documents: [...documents, ...blobs, indexBytes] };
}

/** Undefined when none of them is an image. */
async function writeOutputs(job: ExportJob, tools: ExportTools): Promise<ExportedRoot | undefined> {
  const { createCompressedLayers } = await import('./compressed-layers.js');
  const { writeOutput } = await import('./write-outputs.js');
  const target = targetOf(tools);
  const { compressed = createCompressedLayers({ ...target, reading: showReading(target) }) } = job.pushes;
  let exported: ExportedRoot | undefined;
  for (const output of job.outputs) {
    const images = wantsClampedTimes(output) ? await job.clamped() : job.images;
    const openTree = ({ layers }: Image) => openVerifiedTree(tools, layers);
    const annotations = annotationsOf(output, job.annotations);
    const root = await writeOutput(output, { ...job, images, annotations, openTree, compressed }, target);
    exported = root ?? exported;
  }
  return exported;
}

/** How far a layer is compressed is told by how much of its tar was read. */
function showReading({ store, shown }: OutputTarget): NonNullable<CompressingOptions['reading']> {
  return (diffId, chunks) =>
    shown(chunks, { item: `compressing ${diffId.slice(0, 19)}`, total: store.blobSize(diffId) });
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
function annotationsOf(output: OutputRequest, common: readonly Annotation[]): readonly Annotation[] {
  if (!('annotations' in output) || !output.annotations) return common;
  return [...common, ...parseAnnotations(output.annotations, platformOfNode(process.arch))];
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
  /** Outputs are written one after the other. */
  let stepId: string | undefined;
  return {
    store,
    files,
    cwd,
    env,
    stdout,
    signal,
    report: (name, work) =>
      reportStep(tools, { id: name, name }, ({ id }) => {
        stepId = id;
        return work();
      }),
    shown: (chunks, row) =>
      stepId === undefined ? chunks : reportBytes(tools, chunks, { id: stepId, ...row }),
    note: (message) => emit({ kind: 'note', message }),
  };
}

export interface Clamping {
  /** Seconds of SOURCE_DATE_EPOCH; undefined when it is unset. */
  readonly epoch: number | undefined;
  readonly emit: EventSink;
  clamp(image: Image, place: number, epoch: number): Promise<Image>;
}

/** Gives the images of an output with rewrite-timestamp, made when the first output asks for them. */
export function clampOnce(
  images: readonly Image[],
  { epoch, emit, clamp }: Clamping,
): () => Promise<readonly Image[]> {
  const once = createOnce<'clamped', readonly Image[]>();
  return () =>
    once('clamped', async () => {
      if (epoch !== undefined) return Promise.all(images.map((image, place) => clamp(image, place, epoch)));
      emit({
        kind: 'note',
        message: 'rewrite-timestamp is specified, but no SOURCE_DATE_EPOCH was found',
      });
      return images;
    });
}
