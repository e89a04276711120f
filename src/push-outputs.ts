// The outputs of a build that are pushed: layers are compressed and sent while later steps run, the rest follows when
// the image is there. A build that fails leaves blobs behind that no manifest names, and no tag moved.
import type { CompressedLayers } from './compressed-layers.js';
import { errnoOf } from './core/errno.js';
import { TsbuildError } from './core/errors.js';
import { createOnce } from './core/once.js';
import type { EventSink } from './core/events.js';
import { reportStep } from './core/step-events.js';
import { growingFileUntil } from './host/growing-file.js';
import type { BuiltImageDocuments, RootDocuments } from './export/index-documents.js';
import { configDescriptor } from './export/layout-documents.js';
import { createImagePush } from './export/registry/push-image.js';
import { createPushProgress } from './export/registry/push-progress.js';
import type { Image } from './images/image.js';
import type { LayerFiles } from './images/layer-files.js';
import type { Layer } from './images/layer.js';
import { openVerified } from './images/open-verified.js';
import { formLayer } from './layer-forms.js';
import { isForeignLayer, toOciLayer } from './oci/assemble-image.js';
import { repositoryName, type Reference } from './oci/reference.js';
import type { Descriptor } from './oci/types.js';
import type { ImageForm } from './plan/request.js';
import { targetName } from './push-targets.js';
import type { OutgoingBlob, OutgoingManifest, RegistryWriter } from './registry/writer.js';
import { rememberBlobs, repositoriesWith } from './store/known-blobs.js';
import type { Store } from './store/store.js';
import type { GrowingFile } from './store/write-blob.js';

export interface PushTools {
  readonly store: Store;
  readonly files: Pick<LayerFiles, 'tar'>;
  readonly compressed: CompressedLayers;
  readonly writer: RegistryWriter;
  readonly signal: AbortSignal;
  readonly emit: EventSink;
  /** Seconds since the epoch. */
  now(): number;
  /** Signs what the names stand for, when that is asked for. */
  readonly signPushed?:
    | ((names: readonly Reference[], documents: PushedDocuments, signal: AbortSignal) => Promise<void>)
    | undefined;
}

/** What is pushed: the manifests of all images, and what the names stand for. */
export interface PushedDocuments extends RootDocuments {
  /** In the order of the images. */
  readonly builds: readonly BuiltImageDocuments[];
}

/** The images of a build on their way to its names. */
export interface Push {
  /**
   * Begins with a layer of an image, which has been inspected. What fails is told by `finish`.
   */
  begin(layer: Layer): void;
  /**
   * All that is left to do, as a step.
   * @param describe gives the documents, by the layers of each image as they are pushed
   * @throws TsbuildError REGISTRY_*, STORE_*, LAYER_*, OPTION_UNSUPPORTED, ABORTED; what `describe` throws
   */
  finish(
    images: readonly Image[],
    describe: (layers: readonly (readonly Descriptor[])[]) => Promise<PushedDocuments>,
  ): Promise<PushedDocuments>;
  /** Resolves when all that was begun has ended, well or not. */
  settle(): Promise<void>;
}

export interface PushJob {
  readonly names: readonly Reference[];
  readonly form: ImageForm;
  /** Name of the step. */
  readonly title: string;
}

/** Bytes of a tar. */
const LARGE_LAYER = 16 << 20;

export function createPush({ names, form, title }: PushJob, tools: PushTools): Push {
  const { store, signal } = tools;
  const repositories = new Set(names.map(repositoryName));
  const progress = createPushProgress(tools, repositories.size > 1);
  const push = createImagePush(tools.writer, names, {
    signal,
    onSent: ({ descriptor }, repository, bytes) => progress.sent(descriptor, repository, bytes),
  });
  const formed = createOnce<string, Descriptor>();
  const sent = createOnce<string, void>();
  const formOf = (layer: Layer, onBegun?: (growing: GrowingFile) => void): Promise<Descriptor> => {
    const compressed: CompressedLayers = (diffId, choice) => tools.compressed(diffId, choice, onBegun);
    return formed(keyOf(layer), () =>
      formLayer(layer, { compression: 'gzip', ...form }, { ...tools, compressed }),
    );
  };
  const send = (layer: Layer): Promise<void> =>
    sent(keyOf(layer), async () => {
      const descriptor = await (isLarge(layer) ? sendWhileFormed(layer) : formOf(layer));
      // Such a layer is had from the addresses in its descriptor.
      if (!isForeignLayer(descriptor)) await push.blob(outgoing(layer, descriptor));
    });

  /** One whose compression takes longer than to ask whether the registry has the result. */
  function isLarge({ diffId, source }: Layer): boolean {
    return source === undefined && (store.blobSize(diffId) ?? 0) >= LARGE_LAYER;
  }

  /** What does not arrive that way is sent as any other blob. */
  async function sendWhileFormed(layer: Layer): Promise<Descriptor> {
    let sending: Promise<Reference | undefined> | undefined;
    const made: Promise<Descriptor> = formOf(layer, (file) => {
      const inStore = () => made;
      sending = push.growing({ whole: file.written, open: (abort) => bytesWhileMade(file, inStore, abort) });
      sending.catch(() => undefined);
    });
    // What was begun has ended when this has, well or not.
    const descriptor = await made.finally(() => sending?.catch(() => undefined));
    const repository = await sending;
    if (repository) progress.sent(descriptor, repository, descriptor.size);
    return descriptor;
  }

  /** When its turn comes late the file has its name as a blob already. */
  async function* bytesWhileMade(
    { path, written }: GrowingFile,
    inStore: () => Promise<Descriptor>,
    abort: AbortSignal,
  ): AsyncGenerator<Buffer> {
    let isBegun = false;
    const size = written.then((blob) => blob.size);
    try {
      for await (const chunk of growingFileUntil(path, size, abort)) {
        isBegun = true;
        yield chunk;
      }
    } catch (error) {
      if (isBegun || errnoOf(error) !== 'ENOENT') throw error;
      yield* store.openBlob(await inStore(), abort);
    }
  }

  function holdersOf({ digest }: Descriptor): readonly Reference[] {
    const domains = new Set(names.map(({ domain }) => domain));
    return [...domains].flatMap((domain) => repositoriesWith(store.paths, digest, domain));
  }

  /** Bytes of a base that the store lacks pass through, and nothing of them is kept. */
  function outgoing(layer: Layer, descriptor: Descriptor): OutgoingBlob {
    const { source } = layer;
    return {
      descriptor,
      knownIn: [...(source?.repository ? [source.repository] : []), ...holdersOf(descriptor)],
      open(abort: AbortSignal) {
        if (!source || store.hasWholeBlob(descriptor)) return store.openBlob(descriptor, abort);
        // Of a cache it must be told when a layer is not what it says.
        return source.refuse ? openVerified({ ...layer, descriptor }, abort) : source.open(descriptor, abort);
      },
    };
  }

  function sendBytes(descriptor: Descriptor, bytes: Uint8Array): Promise<void> {
    return push.blob(bytesAsBlob(descriptor, bytes, holdersOf(descriptor)));
  }

  /** For the next push, and for a command that needs a layer of the image. */
  function remember({ layers }: Image, blobs: readonly Descriptor[]): void {
    for (const { source, descriptor } of layers)
      if (source?.repository) rememberBlobs(store.paths, source.repository, [descriptor.digest]);
    const digests = blobs.filter((blob) => !isForeignLayer(blob)).map(({ digest }) => digest);
    for (const name of names) rememberBlobs(store.paths, name, digests);
  }

  return {
    begin(layer) {
      // File times are clamped when the image is finished, which gives other layers.
      if (form.rewriteTimestamp !== true) send(asInImage(layer)).catch(() => undefined);
    },
    finish: (images, describe) =>
      reportStep(tools, { id: title, name: title }, async (step) => {
        const rows = progress.open(step);
        const all = images.flatMap((image) => image.layers);
        for (const layer of all) send(layer).catch(() => undefined);
        const configs = images.map((image) => ({ image, descriptor: configDescriptor(image) }));
        const sendConfigs = () =>
          configs.map(({ image, descriptor }) => sendBytes(descriptor, image.configBytes));
        for (const sending of sendConfigs()) sending.catch(() => undefined);
        const layers = await rows.during('exporting layers', () =>
          Promise.all(images.map((image) => Promise.all(image.layers.map((layer) => formOf(layer))))),
        );
        const documents = await describe(layers);
        const { builds, root, indexBytes } = documents;
        const attestations = builds.flatMap((build) => build.attestations ?? []);
        for (const row of rowsOf(documents, configs)) rows.done(row);
        const sendStatements = () =>
          attestations.flatMap(({ blobs }) => blobs.map((blob) => sendBytes(blob.descriptor, blob.bytes)));
        await rows.during('pushing layers', () =>
          Promise.all([...all.map(send), ...sendConfigs(), ...sendStatements()]),
        );
        if (indexBytes) {
          // Some registries refuse an attestation whose image is not there yet, others an index whose parts are not.
          await Promise.all(builds.map((build) => push.part(outgoingManifest(build.documents))));
          await Promise.all(
            attestations.map((one) => push.part(outgoingManifest(one)).catch(withOlderForm(one))),
          );
        }
        const [only] = builds as readonly [BuiltImageDocuments];
        const bytes = indexBytes ?? only.documents.manifestBytes;
        await push.manifest({ ...root, bytes }, (name, put) =>
          rows.during(`pushing manifest for ${targetName(name)}@${root.digest}`, put),
        );
        if (tools.signPushed) await rows.during('signing', () => tools.signPushed!(names, documents, signal));
        images.forEach((image, place) => remember(image, [...layers[place]!, configDescriptor(image)]));
        return documents;
      }),
    settle: async () => void (await Promise.all([formed.settle(), sent.settle(), push.settle()])),
  };
}

/** As BuildKit names what it has made. */
function rowsOf(
  { builds, root, indexBytes }: PushedDocuments,
  configs: readonly { readonly descriptor: Descriptor }[],
): readonly string[] {
  const ofBuild = ({ documents, attestations }: BuiltImageDocuments, place: number): readonly string[] => [
    `exporting manifest ${documents.manifest.digest}`,
    `exporting config ${configs[place]!.descriptor.digest}`,
    ...(attestations ? [`exporting attestation manifest ${attestations.manifest.digest}`] : []),
  ];
  return [...builds.flatMap(ofBuild), ...(indexBytes ? [`exporting manifest list ${root.digest}`] : [])];
}

/** Some registries know no manifests but those of images. */
function withOlderForm({ manifestBytes }: ManifestDocument): (error: unknown) => never {
  return (error) => {
    const isArtifact = Buffer.from(manifestBytes).includes('"artifactType"');
    if (!isArtifact || !(error instanceof TsbuildError) || error.code !== 'REGISTRY_REFUSED') throw error;
    const hint = 'write --output type=registry,oci-artifact=false: then attestations look like images';
    throw error.with({ message: `the attestation was refused: ${error.message}`, hint });
  };
}

function outgoingManifest({ manifest, manifestBytes }: ManifestDocument): OutgoingManifest {
  return { digest: manifest.digest, mediaType: manifest.mediaType, bytes: manifestBytes };
}

interface ManifestDocument {
  readonly manifest: Descriptor;
  readonly manifestBytes: Uint8Array;
}

function keyOf({ diffId, descriptor }: Layer): string {
  return `${diffId} ${descriptor.digest}`;
}

/** As finishImage has it. */
function asInImage(layer: Layer): Layer {
  return layer.source ? { ...layer, descriptor: toOciLayer(layer.descriptor) } : layer;
}

function bytesAsBlob(descriptor: Descriptor, bytes: Uint8Array, knownIn: readonly Reference[]): OutgoingBlob {
  return {
    descriptor,
    knownIn,
    async *open() {
      yield Buffer.from(bytes);
    },
  };
}
