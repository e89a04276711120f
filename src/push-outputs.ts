// The outputs of a build that are pushed: layers are compressed and sent while later steps run, the rest follows when
// the image is there. A build that fails leaves blobs behind that no manifest names, and no tag moved.
import type { CompressedLayers } from './compressed-layers.js';
import { errnoOf } from './core/errno.js';
import { createOnce } from './core/once.js';
import type { EventSink } from './core/events.js';
import { reportStep } from './core/step-events.js';
import { growingFileUntil } from './host/growing-file.js';
import { configDescriptor, type ImageDocuments } from './export/layout-documents.js';
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
import type { OutgoingBlob, RegistryWriter } from './registry/writer.js';
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
}

/** One image on its way to its names. */
export interface Push {
  /**
   * Begins with a layer of the image, which has been inspected. What fails is told by `finish`.
   */
  begin(layer: Layer): void;
  /**
   * All that is left to do, as a step.
   * @param describe gives the documents, by the layers as they are pushed
   * @throws TsbuildError REGISTRY_*, STORE_*, LAYER_*, OPTION_UNSUPPORTED, ABORTED
   */
  finish(image: Image, describe: (layers: readonly Descriptor[]) => ImageDocuments): Promise<ImageDocuments>;
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
    finish: (image, describe) =>
      reportStep(tools, { id: title, name: title }, async (step) => {
        const rows = progress.open(step);
        for (const layer of image.layers) send(layer).catch(() => undefined);
        const config = configDescriptor(image);
        const sendConfig = () => push.blob(bytesAsBlob(config, image.configBytes, holdersOf(config)));
        sendConfig().catch(() => undefined);
        const layers = await rows.during('exporting layers', () =>
          Promise.all(image.layers.map((layer) => formOf(layer))),
        );
        const documents = describe(layers);
        const { manifest, manifestBytes } = documents;
        rows.done(`exporting manifest ${manifest.digest}`);
        rows.done(`exporting config ${config.digest}`);
        await rows.during('pushing layers', () => Promise.all([...image.layers.map(send), sendConfig()]));
        const outgoingManifest = { ...manifest, bytes: manifestBytes };
        await push.manifest(outgoingManifest, (name, put) =>
          rows.during(`pushing manifest for ${targetName(name)}@${manifest.digest}`, put),
        );
        remember(image, [...layers, config]);
        return documents;
      }),
    settle: async () => void (await Promise.all([formed.settle(), sent.settle(), push.settle()])),
  };
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
