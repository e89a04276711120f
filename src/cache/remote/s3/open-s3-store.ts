// Packs in a bucket: one object per scope, which is the packed records, and an object per layer beside them.
// Invariants: layers come before the pack that names them; of two writers the late one is told, by a condition on the
// write where the server knows these, else by a look before and after.
import { digestOf, hexOf, type Digest } from '../../../core/digest.js';
import { TsbuildError } from '../../../core/errors.js';
import { sideBySide } from '../../../core/side-by-side.js';
import type { HttpResponse } from '../../../registry/exchange.js';
import { readCapped } from '../../../registry/read-capped.js';
import { streamBlob } from '../../../registry/blob-stream.js';
import { bodyOf } from '../../../registry/upload-body.js';
import type { Transport } from '../../../registry/transport.js';
import { MAX_PACKED_BYTES } from '../pack.js';
import type { FoundPack, PackStore, PackToPublish } from '../pack-store.js';
import { verifiedBody } from '../verified-body.js';
import type { S3Address } from './s3-address.js';
import { s3Failure } from './s3-failure.js';
import type { SendToS3 } from './s3-requests.js';

/** Metadata of the object of a pack. */
const META = {
  version: 'x-amz-meta-tsbuild-cache-version',
  digest: 'x-amz-meta-tsbuild-cache-digest',
  signature: 'x-amz-meta-tsbuild-cache-signature',
} as const;
const VERSION = '1';
/** The most that one PUT may have. */
const MAX_OBJECT_BYTES = 5 * 2 ** 30;
/** A layer that is used is made young again when it is older, so that a rule of the bucket can remove the others. */
const TOUCH_AFTER_MS = 24 * 3600 * 1000;
/** Layers that are looked for. */
const AT_A_TIME = 8;
/** Of a server that does not know conditions on a PUT. */
const NO_CONDITIONS: ReadonlySet<number> = new Set([400, 405, 501]);
/** The condition does not hold: another has written, is writing, or has removed what was there. */
const LATE: ReadonlySet<number> = new Set([404, 409, 412]);

export interface S3StoreOptions {
  readonly address: S3Address;
  readonly scope: string;
  readonly send: SendToS3;
  readonly transport: Pick<Transport, 'pause'>;
  note(message: string): void;
}

/** @throws TsbuildError OPTION_INVALID for a scope that is no name of an object */
export function openS3PackStore({ address, scope, send, transport, note }: S3StoreOptions): PackStore {
  const { bucket } = address;
  const packKey = address.packKey(scope);
  address.url(packKey);
  const name = `s3://${bucket}/${packKey}`;
  const failure = (response: HttpResponse, doing: string): Promise<TsbuildError> =>
    s3Failure(response, { bucket, doing });
  const checked = new Set<Digest>();
  let isTouchRefused = false;

  /** What is there: its headers. */
  const headPack = async (signal: AbortSignal): Promise<HttpResponse | undefined> => {
    const response = await send({ method: 'HEAD', key: packKey, signal });
    if (response.status !== 200 && response.status !== 404)
      throw await failure(response, `look for the cache of scope ${scope}`);
    await response.discard();
    return response.status === 200 ? response : undefined;
  };
  const putPack = async (
    { packed, signature }: PackToPublish,
    condition: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<HttpResponse> =>
    send({
      method: 'PUT',
      key: packKey,
      headers: {
        ...condition,
        'content-type': 'application/gzip',
        [META.version]: VERSION,
        [META.digest]: packed.digest,
        ...(signature === undefined ? {} : { [META.signature]: signature }),
      },
      body: { ...bodyOf(packed.bytes), sha256: hexOf(packed.digest) },
      signal,
    });
  const isOurs = (found: HttpResponse | undefined, { packed }: PackToPublish): boolean =>
    found?.headers.get(META.digest) === packed.digest;

  const touch = async (key: string, signal: AbortSignal): Promise<void> => {
    const response = await send({
      method: 'PUT',
      key,
      headers: {
        'x-amz-copy-source': address.copySource(key),
        // A copy of an object to itself has to change something.
        'x-amz-metadata-directive': 'REPLACE',
        'x-amz-meta-tsbuild-cache-touched': '1',
      },
      signal,
    });
    const { status } = response;
    const isDone = status === 200;
    if (!isDone && !isTouchRefused) {
      isTouchRefused = true;
      note(
        `${name}: layers in use cannot be made young (status ${status}): rules that expire objects take them`,
      );
    }
    await response.discard();
  };
  /** Whether the bucket has the blob whole. */
  const hasBlob = async (key: string, size: number, signal: AbortSignal): Promise<boolean> => {
    const response = await send({ method: 'HEAD', key, signal });
    await response.discard();
    // 403: who may not list the bucket is not told that an object is absent.
    if (response.status === 404 || response.status === 403) return false;
    if (response.status !== 200) throw await failure(response, 'look for a layer');
    if (Number(response.headers.get('content-length')) !== size) return false;
    if (ageOf(response) > TOUCH_AFTER_MS) await touch(key, signal);
    return true;
  };

  return {
    name,
    isAtomic: address.isAws,
    async read(signal): Promise<FoundPack> {
      const response = await send({ method: 'GET', key: packKey, signal });
      if (response.status === 404) return nothingOr(response);
      if (response.status !== 200) throw await failure(response, `read the cache of scope ${scope}`);
      const revision = response.headers.get('etag') ?? '';
      const version = response.headers.get(META.version);
      if (version !== VERSION) {
        await response.discard();
        return { kind: 'other', what: whatOf(version), revision };
      }
      const bytes = await readCapped(response, MAX_PACKED_BYTES);
      if (digestOf(bytes) !== response.headers.get(META.digest))
        throw new TsbuildError(
          'CACHE_INVALID',
          `${name}: the records have another digest than they are to have`,
        );
      const signature = response.headers.get(META.signature);
      return { kind: 'pack', bytes, revision, ...(signature === null ? {} : { signature }) };
    },
    async *openBlob(blob, signal) {
      const key = address.blobKey(blob.digest);
      yield* streamBlob({
        descriptor: blob,
        offset: 0,
        async open(position) {
          const range = position > 0 ? { range: `bytes=${position}-` } : {};
          const response = await send({ method: 'GET', key, headers: range, signal });
          if (![200, 206, 416].includes(response.status))
            throw await failure(response, `read the layer ${blob.digest}`);
          return response;
        },
        pause: async (attempt) => void (await transport.pause(attempt, signal)),
      });
    },
    async putBlob({ descriptor, open }, signal) {
      const { digest, size } = descriptor;
      if (size > MAX_OBJECT_BYTES)
        throw new TsbuildError(
          'CACHE_UNAVAILABLE',
          `${name}: a layer of ${size} bytes is too large for a bucket`,
          {
            hint: 'one object that is sent at once has at most 5 GiB: make the layer smaller, or use another type of cache',
          },
        );
      if (checked.has(digest)) return;
      const key = address.blobKey(digest);
      if (!(await hasBlob(key, size, signal))) {
        const body = {
          size,
          open: () => verifiedBody(descriptor, open(signal), signal),
          sha256: hexOf(digest),
        };
        const headers = { 'content-type': 'application/octet-stream' };
        const response = await send({ method: 'PUT', key, headers, body, signal });
        if (response.status !== 200) throw await failure(response, 'write a layer');
        await response.discard();
      }
      checked.add(digest);
    },
    async publish(pack, seen, signal) {
      const kept = pack.layers.filter(({ blob }) => !checked.has(blob.digest));
      await sideBySide(kept, AT_A_TIME, ({ blob }) =>
        hasBlob(address.blobKey(blob.digest), blob.size, signal),
      );
      // Servers other than AWS may pass over a condition without a word.
      const isSilent = !address.isAws;
      if (isSilent && (await headPack(signal))?.headers.get('etag') !== seen) return false;
      const condition = seen === undefined ? { 'if-none-match': '*' } : { 'if-match': seen };
      let response = await putPack(pack, condition, signal);
      if (NO_CONDITIONS.has(response.status) && isSilent) {
        await response.discard();
        response = await putPack(pack, {}, signal);
      }
      if (LATE.has(response.status)) {
        await response.discard();
        // A request that was repeated finds what it has written itself.
        return isOurs(await headPack(signal), pack);
      }
      if (response.status !== 200) throw await failure(response, `write the cache of scope ${scope}`);
      await response.discard();
      return !isSilent || isOurs(await headPack(signal), pack);
    },
  };

  async function nothingOr(response: HttpResponse): Promise<FoundPack> {
    const error = await failure(response, `read the cache of scope ${scope}`);
    if (error.message.includes('NoSuchBucket')) throw error;
    return { kind: 'nothing' };
  }
}

function whatOf(version: string | null): string {
  return version === null
    ? 'an object that tsbuild did not write'
    : `a cache of another version of tsbuild (${version.slice(0, 20)})`;
}

/** Milliseconds by the clock of the server; 0 when it does not say. */
function ageOf({ headers }: HttpResponse): number {
  const age = Date.parse(headers.get('date') ?? '') - Date.parse(headers.get('last-modified') ?? '');
  return Number.isNaN(age) ? 0 : age;
}
