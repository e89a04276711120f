// Makes sure that a repository has a blob, in the cheapest way that works: HEAD, mount, upload.
import type { Digest } from '../../core/digest.js';
import { repositoryName, type Reference } from '../../oci/reference.js';
import type { BlobOutcome, OutgoingBlob, PutBlobOptions } from '../writer.js';
import { checkNamedDigest, type PushSubject } from './answer.js';
import { mountBlob } from './mount-blob.js';
import { mountSource } from './mount-source.js';
import type { RegistryState } from './registry-state.js';
import type { PushRequests } from './requests.js';
import type { Session } from './session.js';
import { uploadBlob, type UploadOptions } from './upload-blob.js';

export interface BlobPlace {
  readonly reference: Reference;
  readonly requests: PushRequests;
  readonly state: RegistryState;
  readonly chunkBytes: number | undefined;
  readonly pause: UploadOptions['pause'];
  /** Whether one token serves both: false when other credentials are kept for the source. */
  isSameLogin(source: string, signal: AbortSignal): Promise<boolean>;
}

function pairOf(source: string, { path }: Reference): string {
  return `${source} ${path}`;
}

async function isThere(
  { requests, state }: BlobPlace,
  { digest, size }: OutgoingBlob['descriptor'],
  subject: PushSubject,
  signal: AbortSignal,
): Promise<boolean> {
  const answer = await state.small(() =>
    requests.send({ method: 'HEAD', place: `blobs/${digest}`, isRepeatable: true, signal }),
  );
  if (answer.status !== 200) return false;
  checkNamedDigest(answer, digest, subject.what);
  const length = answer.headers.get('content-length');
  // A blob of another length is not this one, whatever the registry calls it: it is sent.
  return length === null || Number(length) === 0 || Number(length) === size;
}

async function tryMount(
  place: BlobPlace,
  blob: OutgoingBlob,
  subject: PushSubject,
  signal: AbortSignal,
): Promise<'mounted' | Session | undefined> {
  const { requests, state, reference } = place;
  const { digest } = blob.descriptor;
  const source = mountSource(reference, {
    sure: [...(state.holders.get(digest) ?? [])],
    likely: blob.knownIn ?? [],
    isRefused: (path) => state.refusedMounts.has(pairOf(path, reference)),
  });
  if (source === undefined) return undefined;
  if (!(await place.isSameLogin(source, signal))) {
    state.refusedMounts.add(pairOf(source, reference));
    return undefined;
  }
  const outcome = await mountBlob(requests, digest, { source, subject, signal });
  if (outcome.kind === 'refused') state.refusedMounts.add(pairOf(source, reference));
  if (outcome.kind === 'session') return outcome.session;
  return outcome.kind === 'mounted' ? 'mounted' : undefined;
}

/** The repository has the blob. */
export function rememberHolder(
  { state, reference }: Pick<BlobPlace, 'state' | 'reference'>,
  digest: Digest,
): void {
  const holders = state.holders.get(digest) ?? new Set();
  state.holders.set(digest, holders.add(reference.path));
}

/** @throws as RepositoryWriter.putBlob */
export async function putBlob(
  place: BlobPlace,
  blob: OutgoingBlob,
  options: PutBlobOptions,
): Promise<BlobOutcome> {
  const { state, reference, requests, chunkBytes, pause } = place;
  const { descriptor } = blob;
  const { digest } = descriptor;
  const { signal } = options;
  const subject = { what: `${repositoryName(reference)}@${digest}`, registry: reference.domain };
  if (state.holders.get(digest)?.has(reference.path)) return 'there';
  if (blob.isNew !== true && (await isThere(place, descriptor, subject, signal))) {
    rememberHolder(place, digest);
    return 'there';
  }
  const mounted = await state.small(() => tryMount(place, blob, subject, signal));
  if (mounted !== 'mounted') {
    const body = { ...options, descriptor, open: blob.open };
    const { lanes, rules } = state;
    const { maxChunkBytes } = rules;
    await uploadBlob(body, mounted, { requests, subject, lanes, maxChunkBytes, chunkBytes, pause });
  }
  rememberHolder(place, digest);
  return mounted === 'mounted' ? 'mounted' : 'sent';
}
