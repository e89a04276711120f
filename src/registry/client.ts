// Pulling from registries (OCI distribution-spec, "Pull"): what a name stands for, documents, blobs; through mirrors,
// with credentials.
// Invariant: every byte given out is what its digest says, or the call ends in an error.
import { digestOf, parseDigest, type Digest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import {
  canonicalReference,
  DEFAULT_TAG,
  familiarReference,
  repositoryName,
  withDigest,
  type Reference,
} from '../oci/reference.js';
import type { Descriptor } from '../oci/types.js';
import { createAuthenticator } from './auth.js';
import { streamBlob } from './blob-stream.js';
import type { CredentialStore } from './credentials.js';
import { ACCEPTED_MANIFESTS, parseDocument, type RegistryDocument } from './document.js';
import { createEndpointRequester, type Ask } from './endpoint-requester.js';
import type { HttpResponse } from './exchange.js';
import { withFallback } from './fallback.js';
import { endpointsOf, type Endpoint } from './mirrors.js';
import { readStart } from './read-capped.js';
import type { RegistryOptions } from './registry-options.js';
import { toStatusFailure, type FailureSubject } from './status-failure.js';
import type { DocumentResponse, Transport } from './transport.js';

/** A manifest or an index as the registry keeps it. */
export interface FetchedManifest {
  /** Of `bytes`. */
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
  readonly bytes: Buffer;
  /** The same, checked. */
  readonly document: RegistryDocument;
}

export interface BlobOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * First byte wanted; default 0. The digest can only be checked for a whole blob: with an offset, the caller checks
   * it.
   */
  readonly offset?: number;
}

export interface RegistryClient {
  /**
   * What a name stands for now; `latest` when it has neither tag nor digest. Throws REGISTRY_* with BuildKit's words,
   * or ABORTED.
   */
  resolve(reference: Reference, signal?: AbortSignal): Promise<FetchedManifest>;
  /** A manifest or an index of the reference's repository by digest. */
  fetchManifest(reference: Reference, digest: Digest, signal?: AbortSignal): Promise<FetchedManifest>;
  /**
   * A blob of the reference's repository. `urls` of the descriptor are ignored. Goes on after broken connections.
   * @throws TsbuildError REGISTRY_DIGEST_MISMATCH at the end when the bytes are others; what was given out before is
   * then worthless
   */
  fetchBlob(reference: Reference, descriptor: Descriptor, options?: BlobOptions): AsyncIterable<Buffer>;
}

export interface RegistryClientOptions extends RegistryOptions {
  readonly transport: Transport;
  readonly credentials: CredentialStore;
  /** Seconds since the epoch. */
  readonly now: () => number;
}

const MAX_DOCUMENT_BYTES = 4 << 20;
const MAX_ERROR_BYTES = 64 << 10;
/** A place that has another one behind it is not waited for as long. */
const ATTEMPTS_BEFORE_FALLBACK = 2;

async function explained<T>(prefix: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw explain(prefix, error);
  }
}

function explain(prefix: string, error: unknown): unknown {
  if (!(error instanceof TsbuildError) || error.code === 'ABORTED') return error;
  return error.with({ message: `${prefix}: ${error.message}` });
}

function metadataPrefix(reference: Reference): string {
  return `${familiarReference(reference)}: failed to resolve source metadata for ${canonicalReference(reference)}`;
}

function checkedManifest(
  answer: DocumentResponse,
  wanted: Digest | undefined,
  what: string,
): FetchedManifest {
  const digest = digestOf(answer.bytes);
  const header = answer.headers.get('docker-content-digest');
  const promised = [
    wanted,
    header === null ? undefined : parseDigest(header, `${what}: Docker-Content-Digest`),
  ];
  const other = promised.find((promise) => promise !== undefined && promise !== digest);
  if (other !== undefined) {
    throw new TsbuildError('REGISTRY_DIGEST_MISMATCH', `${what}: the registry sent ${digest} for ${other}`);
  }
  const document = parseDocument(answer.bytes, answer.headers.get('content-type') ?? '', what);
  return { digest, mediaType: document.mediaType, size: answer.bytes.length, bytes: answer.bytes, document };
}

/** A client with its own token cache; the transport stays the caller's, to be disposed of by it. */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const { transport } = options;
  const requester = createEndpointRequester({ transport, authenticator: createAuthenticator(options) });
  const accept = { accept: ACCEPTED_MANIFESTS.join(', ') };
  const attemptsAt = ({ isMirror }: Endpoint): number | undefined =>
    isMirror ? ATTEMPTS_BEFORE_FALLBACK : undefined;

  const subjectAt = (endpoint: Endpoint, what: string): FailureSubject => ({
    what,
    registry: endpoint.registry,
    login: requester.loginOf(endpoint),
  });

  const manifestAt = async (
    endpoint: Endpoint,
    reference: Reference,
    signal: AbortSignal | undefined,
  ): Promise<FetchedManifest> => {
    const what = canonicalReference(reference);
    const wanted = reference.digest ?? reference.tag ?? DEFAULT_TAG;
    const ask: Ask<DocumentResponse> = (url, headers) =>
      transport.fetchDocument(url, {
        headers,
        signal,
        maxBytes: MAX_DOCUMENT_BYTES,
        attempts: attemptsAt(endpoint),
      });
    const place = `manifests/${wanted}`;
    const answer = await requester.send(endpoint, { place, headers: accept, signal }, ask);
    if (answer.status !== 200) throw toStatusFailure({ ...answer, method: 'GET' }, subjectAt(endpoint, what));
    return checkedManifest(answer, reference.digest, what);
  };
  const resolve: RegistryClient['resolve'] = (reference, signal) =>
    explained(metadataPrefix(reference), () =>
      withFallback(endpointsOf(reference, options), (endpoint) => manifestAt(endpoint, reference, signal)),
    );
  const openBlob = async (
    endpoint: Endpoint,
    reference: Reference,
    digest: Digest,
    position: number,
    signal: AbortSignal | undefined,
  ) => {
    const ask: Ask<HttpResponse> = (url, headers) =>
      transport.request(url, { headers, signal, attempts: attemptsAt(endpoint) });
    const range: Record<string, string> = position === 0 ? {} : { range: `bytes=${position}-` };
    const request = { place: `blobs/${digest}`, headers: range, signal };
    const response = await requester.send(endpoint, request, ask);
    if ([200, 206, 416].includes(response.status)) return response;
    const failed = { ...response, method: 'GET', bytes: await readStart(response, MAX_ERROR_BYTES) };
    throw toStatusFailure(failed, subjectAt(endpoint, `${repositoryName(reference)}@${digest}`));
  };

  return {
    resolve,
    fetchManifest: (reference, digest, signal) => resolve(withDigest(reference, digest), signal),
    async *fetchBlob(reference, descriptor, { signal, offset = 0 } = {}) {
      const digest = parseDigest(descriptor.digest, `a blob of ${repositoryName(reference)}`);
      const endpoints = endpointsOf(reference, options);
      const open = (position: number, failures: number): Promise<HttpResponse> =>
        withFallback(failures < ATTEMPTS_BEFORE_FALLBACK ? endpoints : endpoints.slice(-1), (endpoint) =>
          openBlob(endpoint, reference, digest, position, signal),
        );
      const pause = async (attempt: number): Promise<void> => void (await transport.pause(attempt, signal));
      try {
        yield* streamBlob({ descriptor, offset, open, pause });
      } catch (error) {
        throw explain(`failed to fetch ${digest} of ${repositoryName(reference)}`, error);
      }
    },
  };
}
