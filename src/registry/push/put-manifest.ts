// Manifests into a repository (distribution-spec, "Pushing manifests"): the bytes as they are, and whether they are
// there.
import type { Digest } from '../../core/digest.js';
import { canonicalReference, type Reference } from '../../oci/reference.js';
import { MEDIA } from '../../oci/types.js';
import { ACCEPTED_MANIFESTS } from '../document.js';
import { bodyOf } from '../upload-body.js';
import type { OutgoingManifest } from '../writer.js';
import { checkNamedDigest, errorCodes, toPushFailure, type PushAnswer } from './answer.js';
import type { PushRequests } from './requests.js';

const TAKEN = new Set([200, 201, 202]);
const ACCEPT = { accept: ACCEPTED_MANIFESTS.join(', ') };

/** @throws TsbuildError REGISTRY_DIGEST_MISMATCH, REGISTRY_UNREACHABLE, ABORTED */
export async function hasManifest(
  requests: PushRequests,
  reference: Reference,
  digest: Digest,
  signal: AbortSignal,
): Promise<boolean> {
  const ask = (method: 'HEAD' | 'GET'): Promise<PushAnswer> =>
    requests.send({ method, place: `manifests/${digest}`, headers: ACCEPT, isRepeatable: true, signal });
  const head = await ask('HEAD');
  const answer = head.status === 405 ? await ask('GET') : head;
  // Artifactory says 403 of what is not there. Content-Length is wrong with some: only the digest counts.
  if (answer.status !== 200) return false;
  checkNamedDigest(answer, digest, canonicalReference(reference));
  return true;
}

/** @throws TsbuildError REGISTRY_UNREACHABLE, ABORTED */
export async function isTagged(
  requests: PushRequests,
  { tag, digest }: { readonly tag: string; readonly digest: Digest },
  signal: AbortSignal,
): Promise<boolean> {
  const place = `manifests/${tag}`;
  const answer = await requests.send({ method: 'HEAD', place, headers: ACCEPT, isRepeatable: true, signal });
  return answer.status === 200 && answer.headers.get('docker-content-digest') === digest;
}

/**
 * The header by which a registry says so is sent by some that do not (ECR): the list itself is asked for.
 * @throws TsbuildError REGISTRY_UNREACHABLE, ABORTED
 */
export async function listsArtifacts(
  requests: PushRequests,
  subject: Digest,
  signal: AbortSignal,
): Promise<boolean> {
  const headers = { accept: MEDIA.ociIndex };
  const place = `referrers/${subject}`;
  // Asked once: a list that is not given is kept under a tag, whatever the reason.
  const asked = { isRepeatable: false, isAsked: true };
  const answer = await requests.send({ method: 'GET', place, headers, ...asked, signal });
  // Some answer with a page for browsers where they know no such path.
  return answer.status === 200 && answer.headers.get('content-type')?.startsWith(MEDIA.ociIndex) === true;
}

/**
 * @param onBlobUnknown the registry lacks what the manifest names
 * @throws TsbuildError REGISTRY_*, ABORTED
 */
export async function putManifest(
  requests: PushRequests,
  reference: Reference,
  {
    manifest: { digest, mediaType, bytes },
    tag,
    signal,
    onBlobUnknown,
  }: {
    readonly manifest: OutgoingManifest;
    readonly tag: string | undefined;
    readonly signal: AbortSignal;
    onBlobUnknown(): void;
  },
): Promise<void> {
  const { domain, path } = reference;
  const what = canonicalReference(tag === undefined ? { domain, path, digest } : { domain, path, tag });
  const answer = await requests.send({
    method: 'PUT',
    place: `manifests/${tag ?? digest}`,
    headers: { 'content-type': mediaType },
    body: bodyOf(bytes),
    isRepeatable: true,
    signal,
  });
  if (TAKEN.has(answer.status)) return checkNamedDigest(answer, digest, what);
  if (errorCodes(answer).some((code) => code === 'MANIFEST_BLOB_UNKNOWN' || code === 'BLOB_UNKNOWN'))
    onBlobUnknown();
  throw toPushFailure(answer, { what, registry: domain }, requests.login());
}
