// Between a session with its chains of layers, and exporters, which know images.
import type { Session } from './builder/session.js';
import { clampOnce, exportImage, type Exporting } from './export-built-image.js';
import { treeEntries } from './export/tree-entries.js';
import type { ChainLayer } from './images/chain-layer.js';
import type { FinishedImage } from './images/finish-image.js';
import type { Image } from './images/image.js';
import type { Layer } from './images/layer.js';
import { ensureBlob } from './images/layer-files.js';
import { bringTars, treeOf } from './images/trees.js';
import { parseReference } from './oci/reference.js';
import type { Descriptor } from './oci/types.js';
import { removeOtherBoots } from './store/temporary-files.js';

export interface SessionExport {
  readonly session: Session;
  readonly stdout: NodeJS.WritableStream | undefined;
  readonly layers: readonly ChainLayer[];
  readonly epoch: number | undefined;
  finish(layers: readonly ChainLayer[]): FinishedImage;
  readonly names: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
}

export async function exportForSession(
  job: SessionExport,
): Promise<{ readonly manifest: Descriptor; readonly image: Image }> {
  const { session, epoch, names, annotations } = job;
  const toImage = (chain: readonly ChainLayer[]) => imageOf(session, job.finish(chain), chain);
  const image = toImage(job.layers);
  const clamped = clampOnce(image, epoch, {
    emit: session.emit,
    async clamp({ layers }, time) {
      const { clampTimes } = await import('./images/clamp-times.js');
      return toImage(await clampTimes(session, layers.map(chainLayer), time));
    },
  });
  const outputs = session.request.outputs ?? [];
  const exported = await exportImage({ image, clamped, outputs, names, annotations }, exportingOf(job));
  if (session.tally.executed > 0) removeOtherBoots(session.store.paths);
  return exported;
}

function exportingOf({ session, stdout }: SessionExport): Exporting {
  return {
    ...session,
    get stdout() {
      return stdout ?? process.stdout;
    },
    bringBlob: (layer) => ensureBlob(session, chainLayer(layer)),
    async openTree(layers) {
      const chain = layers.map(chainLayer);
      const view = await treeOf(session, chain);
      const nodes = [...treeEntries(view)].flatMap((entry) => (entry.kind === 'node' ? [entry.node] : []));
      await bringTars(session, chain, nodes);
      const { verifyTars } = await import('./images/verify-tars.js');
      await verifyTars(session, nodes);
      return view;
    },
  };
}

function imageOf(session: Session, image: FinishedImage, chain: readonly ChainLayer[]): Image {
  const layers = image.layers.map(({ descriptor }, i) => layerOf(session, descriptor, chain[i]!));
  return { ...image, layers };
}

function layerOf(session: Session, descriptor: Descriptor, layer: ChainLayer): Layer {
  const { diffId, base, created, similar } = layer;
  const source = base && {
    name: base.reference,
    async *open(blob: Descriptor, signal: AbortSignal) {
      const client = await session.registry();
      yield* client.fetchBlob(parseReference(base.reference), blob, { signal });
    },
  };
  return {
    diffId,
    descriptor,
    ...(source && { source }),
    ...(created && { created }),
    ...(similar && { similar }),
  };
}

function chainLayer({ diffId, descriptor, source, created, similar }: Layer): ChainLayer {
  return {
    diffId,
    ...(source ? { base: { descriptor, reference: source.name } } : { size: descriptor.size }),
    ...(created && { created }),
    ...(similar && { similar }),
  };
}
