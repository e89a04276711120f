// `--load`: an image into a container engine. What the engine provably has of it stays here: the engine says which
// layers an image has that it knows, and the files of those that both begin with are left out of the archive. Engines
// look for a layer in their own storage before they open its file (moby image/tarexport/load.go, c/image
// docker/archive). Engines with containerd's store do not, and get all of it.
import type { Digest } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';
import type { Image } from '../../images/image.js';
import { familiarReference, parseReference } from '../../oci/reference.js';
import type { Descriptor } from '../../oci/types.js';
import type { Store } from '../../store/store.js';
import type { PackedImage } from '../archive/archive-documents.js';
import { archiveTar } from '../image-archive.js';
import { chooseEngine, type EngineSearch } from './choose-engine.js';
import type { EngineApi } from './engine-api.js';
import { loadByCommand } from './load-by-command.js';

export interface LoadJob {
  readonly image: Pick<Image, 'layers' | 'configDigest'>;
  /** `docker.io/library/app:1` */
  readonly names: readonly string[];
  /** The image with its layers in this form; those of a base stay as they are. */
  pack(compression: 'gzip' | 'uncompressed'): Promise<PackedImage>;
}

export interface LoadTarget extends EngineSearch {
  readonly store: Pick<Store, 'openTar'>;
  note(message: string): void;
}

/**
 * Descriptor of the manifest as it was sent.
 * @throws TsbuildError ENGINE_UNREACHABLE, ENGINE_FAILED, STORE_CORRUPT, ABORTED
 */
export async function loadIntoEngine(job: LoadJob, target: LoadTarget): Promise<Descriptor> {
  const { store, note } = target;
  const chosen = await chooseEngine(target);
  for (const place of chosen.forbidden) note(`passed over: ${place}`);
  if (chosen.kind === 'command') {
    const packed = await job.pack('uncompressed');
    await loadByCommand(chosen.place, wholeArchive(packed, store), target);
    note(`${shownNames(job)} was loaded with ${chosen.place.label}`);
    return packed.manifest;
  }
  const { api } = chosen;
  const packed = await job.pack(api.isContainerdStore ? 'gzip' : 'uncompressed');
  const sent = await sendToApi(api, job, packed, target);
  note(
    `${shownNames(job)} was loaded into ${api.label}; ${sent} of ${packed.layers.length} layers were sent`,
  );
  return packed.manifest;
}

/** How many layers were sent. */
async function sendToApi(
  api: EngineApi,
  job: LoadJob,
  packed: PackedImage,
  { store, note }: LoadTarget,
): Promise<number> {
  const known = api.isContainerdStore ? 0 : await knownLayers(api, job);
  if (known > 0 && (await isLoadedWithout(api, job, { packed, known, store })))
    return packed.layers.length - known;
  if (known > 0) note(`${api.label} lacks layers that it said it has; sending the whole image`);
  await api.load(wholeArchive(packed, store));
  return packed.layers.length;
}

interface Shortened {
  readonly packed: PackedImage;
  /** Layers to leave out, from the bottom. */
  readonly known: number;
  readonly store: Pick<Store, 'openTar'>;
}

/** The engine's word that it has loaded the image is not enough: it is asked for the image. */
async function isLoadedWithout(
  api: EngineApi,
  { image, names }: LoadJob,
  shortened: Shortened,
): Promise<boolean> {
  const { packed, known, store } = shortened;
  const wanted = new Set<Digest>(packed.layers.slice(known).map(({ digest }) => digest));
  const omitted = new Set(
    packed.layers.slice(0, known).flatMap(({ digest }) => (wanted.has(digest) ? [] : [digest])),
  );
  try {
    await api.load(archiveTar([packed], { format: 'docker', omitted }, store));
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'ENGINE_FAILED') return false;
    throw error;
  }
  const loaded = await api.image(names[0] ?? image.configDigest);
  // podman leaves `sha256:` out.
  return loaded !== undefined && image.configDigest.endsWith(loaded.id);
}

function wholeArchive(packed: PackedImage, store: Pick<Store, 'openTar'>): AsyncIterable<Buffer> {
  return archiveTar([packed], { format: 'docker' }, store);
}

/** How many layers, from the bottom, the image has in common with one that the engine has: of its name, or its base. */
async function knownLayers(api: EngineApi, { image, names }: LoadJob): Promise<number> {
  const bases = image.layers.flatMap(({ source }) => (source ? [source.name] : []));
  let most = 0;
  for (const name of new Set([...names, ...bases].filter(isReference))) {
    const layers = (await api.image(name))?.layers ?? [];
    const differs = image.layers.findIndex(({ diffId }, i) => layers[i] !== diffId);
    most = Math.max(most, differs < 0 ? image.layers.length : differs);
  }
  return most;
}

/** Bases may be directories too. */
function isReference(name: string): boolean {
  try {
    parseReference(name);
    return true;
  } catch {
    return false;
  }
}

function shownNames({ names, image }: LoadJob): string {
  if (names.length === 0) return image.configDigest;
  return names.map((name) => familiarReference(parseReference(name))).join(', ');
}
