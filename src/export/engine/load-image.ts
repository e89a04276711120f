// `--load`: an image into a container engine. What the engine provably has of it stays here: the engine says which
// layers an image has that it knows, and the files of those that both begin with are left out of the archive. Engines
// look for a layer in their own storage before they open its file (moby image/tarexport/load.go, c/image
// docker/archive). Engines with containerd's store do not, and get all of it.
import type { Digest } from '../../core/digest.js';
import { invariant, TsbuildError } from '../../core/errors.js';
import type { Image } from '../../images/image.js';
import { familiarReference, parseReference } from '../../oci/reference.js';
import type { Descriptor } from '../../oci/types.js';
import type { Store } from '../../store/store.js';
import type { PackedRoot } from '../archive/archive-documents.js';
import { archiveTar } from '../image-archive.js';
import { chooseEngine, type ChosenEngine, type EngineSearch } from './choose-engine.js';
import type { EngineApi } from './engine-api.js';
import { loadByCommand } from './load-by-command.js';

export interface LoadJob {
  /** In the order of the platforms; at least one. */
  readonly images: readonly Pick<Image, 'layers' | 'configDigest'>[];
  /** `docker.io/library/app:1` */
  readonly names: readonly string[];
  readonly isIndex: boolean;
  /** With the layers in this form; those of a base stay as they are. */
  pack(compression: 'gzip' | 'uncompressed'): Promise<PackedRoot>;
}

export interface LoadTarget extends EngineSearch {
  readonly store: Pick<Store, 'openTar'>;
  note(message: string): void;
}

/**
 * What was sent.
 * @throws TsbuildError ENGINE_UNREACHABLE, ENGINE_FAILED, STORE_CORRUPT, ABORTED; OPTION_UNSUPPORTED with BuildKit's
 * words for an index that the engine could not keep
 */
export async function loadIntoEngine(job: LoadJob, target: LoadTarget): Promise<PackedRoot> {
  const { store, note } = target;
  const chosen = await chooseEngine(target);
  for (const place of chosen.forbidden) note(`passed over: ${place}`);
  if (job.isIndex) return loadIndex(job, chosen, target);
  if (chosen.kind === 'command') {
    const packed = await job.pack('uncompressed');
    await loadByCommand(chosen.place, wholeArchive(packed, store), target);
    note(`${shownNames(job)} was loaded with ${chosen.place.label}`);
    return packed;
  }
  const { api } = chosen;
  const packed = await job.pack(api.isContainerdStore ? 'gzip' : 'uncompressed');
  const sent = await sendToApi(api, job, packed, target);
  note(
    `${shownNames(job)} was loaded into ${api.label}; ${sent} of ${layersOf(packed).length} layers were sent`,
  );
  return packed;
}

/** Only containerd's store has a place for an index. */
async function loadIndex(
  job: LoadJob,
  chosen: ChosenEngine,
  { store, note }: LoadTarget,
): Promise<PackedRoot> {
  const label = chosen.kind === 'command' ? chosen.place.label : chosen.api.label;
  if (chosen.kind === 'command' || !chosen.api.isContainerdStore)
    throw new TsbuildError(
      'OPTION_UNSUPPORTED',
      'docker exporter does not currently support exporting manifest lists',
      { hint: `${label} keeps one platform: load one with --platform, or push, or write type=oci` },
    );
  const packed = await job.pack('gzip');
  await chosen.api.load(archiveTar([packed], { format: 'oci' }, store));
  note(`${shownNames(job)} was loaded into ${label} with ${packed.images.length} platforms`);
  return packed;
}

/** How many layers were sent. */
async function sendToApi(
  api: EngineApi,
  job: LoadJob,
  packed: PackedRoot,
  { store, note }: LoadTarget,
): Promise<number> {
  const { length } = layersOf(packed);
  const known = api.isContainerdStore ? 0 : await knownLayers(api, job);
  if (known > 0 && (await isLoadedWithout(api, job, { packed, known, store }))) return length - known;
  if (known > 0) note(`${api.label} lacks layers that it said it has; sending the whole image`);
  await api.load(wholeArchive(packed, store));
  return length;
}

function layersOf({ images }: PackedRoot): readonly Descriptor[] {
  return images.flatMap(({ layers }) => layers);
}

interface Shortened {
  readonly packed: PackedRoot;
  /** Layers to leave out, from the bottom. */
  readonly known: number;
  readonly store: Pick<Store, 'openTar'>;
}

/** The engine's word that it has loaded the image is not enough: it is asked for the image. */
async function isLoadedWithout(api: EngineApi, job: LoadJob, shortened: Shortened): Promise<boolean> {
  const { packed, known, store } = shortened;
  const { configDigest } = imageOf(job);
  const layers = layersOf(packed);
  const wanted = new Set<Digest>(layers.slice(known).map(({ digest }) => digest));
  const omitted = new Set(
    layers.slice(0, known).flatMap(({ digest }) => (wanted.has(digest) ? [] : [digest])),
  );
  try {
    await api.load(archiveTar([packed], { format: 'docker', omitted }, store));
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'ENGINE_FAILED') return false;
    throw error;
  }
  const loaded = await api.image(job.names[0] ?? configDigest);
  // podman leaves `sha256:` out.
  return loaded !== undefined && configDigest.endsWith(loaded.id);
}

function wholeArchive(packed: PackedRoot, store: Pick<Store, 'openTar'>): AsyncIterable<Buffer> {
  return archiveTar([packed], { format: 'docker' }, store);
}

/** How many layers, from the bottom, the image has in common with one that the engine has: of its name, or its base. */
async function knownLayers(api: EngineApi, job: LoadJob): Promise<number> {
  const { names } = job;
  const image = imageOf(job);
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

function imageOf({ images }: LoadJob): LoadJob['images'][number] {
  const [first] = images;
  invariant(first, 'an image is loaded');
  return first;
}

function shownNames(job: LoadJob): string {
  const { names } = job;
  if (names.length === 0) return imageOf(job).configDigest;
  return names.map((name) => familiarReference(parseReference(name))).join(', ');
}
