// Pushing to registries (OCI distribution-spec, "Push"): blobs once each, manifests as they are; with credentials,
// never through a mirror.
// Invariant: a blob is not sent twice at the same time; a registry that turns out to lack one is asked for all anew.
import type { Digest } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';
import { repositoryName, type Reference } from '../../oci/reference.js';
import { createAuthenticator } from '../auth.js';
import type { CredentialStore } from '../credentials.js';
import { createEndpointRequester } from '../endpoint-requester.js';
import { endpointsOf } from '../mirrors.js';
import type { Transport } from '../transport.js';
import type {
  BlobOutcome,
  OutgoingBlob,
  PutBlobOptions,
  RegistryWriter,
  RepositoryWriter,
} from '../writer.js';
import type { HostRules } from './host-rules.js';
import { createLoginComparison } from './login-comparison.js';
import { putBlob, rememberHolder, type BlobPlace } from './put-blob.js';
import { hasManifest, isTagged, listsArtifacts, putManifest } from './put-manifest.js';
import { createRegistryState, forgetHolder, type RegistryState } from './registry-state.js';
import { createPushRequests } from './requests.js';
import { sendGrowing } from './send-growing.js';
import { createWarner } from './warnings.js';

export interface RegistryWriterOptions {
  readonly transport: Transport;
  readonly credentials: CredentialStore;
  /** `host[:port]`: plain http is tried there and certificates are not checked. */
  readonly insecureHosts: readonly string[];
  /** Bytes of a chunk when blobs are to be sent in chunks. */
  readonly chunkBytes?: number | undefined;
  /** Seconds since the epoch. */
  readonly now: () => number;
  /** Gets what a registry wants its users to read. */
  readonly note: (message: string) => void;
  /** Default: what is known by host names. */
  readonly rulesOf?: (domain: string) => HostRules;
}

/** One that others wait for. A failure is the first one's own: who waited tries again. */
function sharing(
  work: (blob: OutgoingBlob, options: PutBlobOptions) => Promise<BlobOutcome>,
): RepositoryWriter['putBlob'] {
  const begun = new Map<Digest, Promise<BlobOutcome>>();
  return async (blob, options) => {
    const { digest } = blob.descriptor;
    for (let other = begun.get(digest); other; other = begun.get(digest)) {
      const isDone = await other.then(
        () => true,
        () => false,
      );
      if (isDone) return 'there';
      if (options.signal.aborted) throw new TsbuildError('ABORTED', 'canceled');
    }
    const own = work(blob, options).finally(() => begun.delete(digest));
    begun.set(digest, own);
    return own;
  };
}

/** The transport stays the caller's, to be disposed of by it. */
export function createRegistryWriter(options: RegistryWriterOptions): RegistryWriter {
  const { transport, credentials, insecureHosts } = options;
  const authenticator = createAuthenticator(options);
  const requester = createEndpointRequester({ transport, authenticator });
  const warn = createWarner(options.note);
  const registries = new Map<string, RegistryState>();
  const repositories = new Map<string, RepositoryWriter>();

  const stateOf = (reference: Reference): RegistryState => {
    const known = registries.get(reference.domain) ?? createRegistryState(reference, options);
    registries.set(reference.domain, known);
    return known;
  };
  const open = ({ domain, path }: Reference): RepositoryWriter => {
    const reference = { domain, path };
    const endpoint = endpointsOf(reference, { mirrors: [], insecureHosts })[0]!;
    const requests = createPushRequests({
      endpoint,
      requester,
      authenticator,
      transport,
      onAnswer: (headers) => warn(domain, headers),
    });
    const state = stateOf(reference);
    const areSame = createLoginComparison(credentials, reference);
    const place: BlobPlace = {
      reference,
      requests,
      state,
      chunkBytes: options.chunkBytes,
      pause: (attempt, signal, answer) => transport.pause(attempt, signal, answer),
      isSameLogin: async (source, signal) => !requests.isChallenged() || areSame(source, signal),
    };
    return {
      reference,
      putBlob: sharing((blob, given) => putBlob(place, blob, given)),
      async sendGrowing(blob, signal) {
        const subject = { what: `a layer of ${repositoryName(reference)}`, registry: domain };
        const digest = await state.lanes.run(() => sendGrowing(requests, subject, blob, signal));
        if (digest !== undefined) rememberHolder(place, digest);
        return digest !== undefined;
      },
      hasManifest: (digest, signal) => state.small(() => hasManifest(requests, reference, digest, signal)),
      listsArtifacts: (subject, signal) => state.small(() => listsArtifacts(requests, subject, signal)),
      isTagged: (tag, digest, signal) => state.small(() => isTagged(requests, { tag, digest }, signal)),
      putManifest: (manifest, tag, signal) => {
        const onBlobUnknown = (): void => forgetHolder(state, path);
        return state.small(() => putManifest(requests, reference, { manifest, tag, signal, onBlobUnknown }));
      },
    };
  };
  return {
    repository(reference) {
      const name = repositoryName(reference);
      const known = repositories.get(name) ?? open(reference);
      repositories.set(name, known);
      return known;
    },
  };
}
