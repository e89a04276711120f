// Layers as parts of entries in the cache of GitHub Actions: where each lies, and its bytes. The addresses of entries
// are good for some minutes; one that is refused is asked for anew.
import type { Digest } from '../../../core/digest.js';
import { TsbuildError } from '../../../core/errors.js';
import { sideBySide } from '../../../core/side-by-side.js';
import type { Descriptor } from '../../../oci/types.js';
import { streamBlob } from '../../../registry/blob-stream.js';
import type { HttpResponse } from '../../../registry/exchange.js';
import type { BlobPlace } from './gha-records.js';
import type { GhaConnection } from './gha-service.js';

/** Entries that are looked for. */
const AT_A_TIME = 4;

export interface GhaLayers {
  /** Where layers are known to lie; the first that is known of a layer stays. */
  readonly places: ReadonlyMap<Digest, BlobPlace>;
  add(places: Iterable<readonly [Digest, BlobPlace]>): void;
  /** Whether the entry that has it is still there: else its place is forgotten. */
  isThere(digest: Digest, signal: AbortSignal): Promise<boolean>;
  /** @throws TsbuildError CACHE_UNAVAILABLE, REGISTRY_*, ABORTED */
  open(blob: Descriptor, signal: AbortSignal): AsyncIterable<Buffer>;
  /** Asks for entries, so that they stay: GitHub removes those that nobody has asked for in seven days. */
  keep(entries: Iterable<string>, signal: AbortSignal): Promise<void>;
}

/** @param name for messages */
export function ghaLayers(name: string, connect: () => Promise<GhaConnection>): GhaLayers {
  const places = new Map<Digest, BlobPlace>();
  const urls = new Map<string, Promise<string | undefined>>();

  const urlOf = (entry: string, signal: AbortSignal): Promise<string | undefined> => {
    const known = urls.get(entry);
    if (known) return known;
    const asked = connect()
      .then(({ service }) => service.find(entry, { isPrefix: false }, signal))
      .then((found) => found?.downloadUrl);
    urls.set(entry, asked);
    asked.catch(() => urls.delete(entry));
    return asked;
  };
  const askFor = async (entry: string, range: string, signal: AbortSignal): Promise<HttpResponse> => {
    const { transport } = await connect();
    const url = await urlOf(entry, signal);
    if (url === undefined) throw unavailable(`the entry ${entry} is gone`);
    return transport.request(url, { headers: { range }, isGuarded: true, signal });
  };
  const getPart = async (
    { entry, offset }: BlobPlace,
    { size }: Descriptor,
    position: number,
    signal: AbortSignal,
  ): Promise<HttpResponse> => {
    const range = `bytes=${offset + position}-${offset + size - 1}`;
    let response = await askFor(entry, range, signal);
    if (response.status === 401 || response.status === 403) {
      await response.discard();
      urls.delete(entry);
      response = await askFor(entry, range, signal);
    }
    if (isPartFrom(response, offset + position)) return asBlobPart(response, position, size);
    await response.discard();
    throw unavailable(`a layer cannot be read: status ${response.status} from its storage`);
  };
  const unavailable = (why: string): TsbuildError => new TsbuildError('CACHE_UNAVAILABLE', `${name}: ${why}`);

  return {
    places,
    add(more) {
      for (const [digest, place] of more) if (!places.has(digest)) places.set(digest, place);
    },
    async isThere(digest, signal) {
      const known = places.get(digest);
      if (!known) return false;
      if ((await urlOf(known.entry, signal)) !== undefined) return true;
      places.delete(digest);
      return false;
    },
    async *open(blob, signal) {
      const known = places.get(blob.digest);
      if (!known) throw unavailable(`the layer ${blob.digest} is not there`);
      const { transport } = await connect();
      yield* streamBlob({
        descriptor: blob,
        offset: 0,
        open: (position) => getPart(known, blob, position, signal),
        pause: async (attempt) => void (await transport.pause(attempt, signal)),
      });
    },
    async keep(entries, signal) {
      await sideBySide([...new Set(entries)], AT_A_TIME, (entry) =>
        urlOf(entry, signal).catch((error: unknown) => {
          // The pack is published: an entry that could not be asked for lives as long as it would have.
          if (signal.aborted) throw error;
        }),
      );
    },
  };
}

function isPartFrom({ status, headers }: HttpResponse, start: number): boolean {
  return status === 206 && (headers.get('content-range') ?? '').startsWith(`bytes ${start}-`);
}

/** A part of an entry, told as a part of the blob. */
function asBlobPart(response: HttpResponse, position: number, size: number): HttpResponse {
  const range = `bytes ${position}-${size - 1}/${size}`;
  const { headers } = response;
  return {
    ...response,
    headers: { get: (name) => (name.toLowerCase() === 'content-range' ? range : headers.get(name)) },
  };
}
