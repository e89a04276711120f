// Signs what was pushed: the image or the index that the names stand for, and each statement about an image. The
// signatures are attached in the repository of each name; the image stays what it is.
// Invariant: only what the registry has is signed.
import { BUNDLE_TYPE, IMAGE_SIGNATURE, imageStatement } from './attestation/signed-statement.js';
import { TsbuildError } from './core/errors.js';
import { artifactDocuments } from './export/artifact-documents.js';
import { statementsOf } from './export/attestation-documents.js';
import { attachArtifact, type AttachTools } from './export/registry/attach-artifact.js';
import { repositoryName, type Reference } from './oci/reference.js';
import type { Descriptor } from './oci/types.js';
import type { PushedDocuments } from './push-outputs.js';

/** Gives the bundle of a statement. @throws TsbuildError SIGNING_FAILED, ABORTED */
export type SignStatement = (statement: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>;

export interface SigningTools extends AttachTools {
  readonly sign: SignStatement;
  /** Seconds since the epoch. */
  now(): number;
}

interface Signed {
  readonly subject: Descriptor;
  readonly predicateType: string;
  readonly statement: Uint8Array;
}

/** @throws TsbuildError SIGNING_FAILED, REGISTRY_*, ABORTED */
export async function signPushed(
  names: readonly Reference[],
  documents: Pick<PushedDocuments, 'root' | 'builds'>,
  tools: SigningTools,
): Promise<void> {
  const repositories = [...new Map(names.map((name) => [repositoryName(name), name])).values()];
  for (const one of statementsToSign(documents)) {
    const bundle = await tools.sign(one.statement, tools.signal);
    const artifact = artifactDocuments(one.subject, {
      type: BUNDLE_TYPE,
      bytes: bundle,
      annotations: {
        'org.opencontainers.image.created': new Date(tools.now() * 1000).toISOString(),
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': one.predicateType,
      },
    });
    await Promise.all(
      repositories.map((name) => attachArtifact(name, artifact, tools).catch(refusedAt(name))),
    );
  }
}

function statementsToSign({ root, builds }: Pick<PushedDocuments, 'root' | 'builds'>): readonly Signed[] {
  const image = {
    subject: root,
    predicateType: IMAGE_SIGNATURE,
    statement: imageStatement(root.digest),
  };
  const claims = builds.flatMap(({ documents, attestations }) =>
    (attestations ? statementsOf(attestations) : []).map(({ predicateType, bytes }) => ({
      subject: documents.manifest,
      predicateType,
      statement: bytes,
    })),
  );
  return [image, ...claims];
}

/** Some registries know no manifests but those of images. */
function refusedAt(name: Reference): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof TsbuildError) || error.code !== 'REGISTRY_REFUSED') throw error;
    throw error.with({
      message: `${repositoryName(name)} does not take the signature, the image is there without it: ${error.message}`,
      hint: 'push to a registry that takes OCI artifacts, or leave --sign out',
    });
  };
}
