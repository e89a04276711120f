// How a request signs what it pushes: by a key of the user, or by a certificate that sigstore gives for an identity.
import { signStatement } from './attestation/signed-statement.js';
import type { Engine } from './engine.js';
import type { Reference } from './oci/reference.js';
import type { SigningRequest } from './plan/request.js';
import type { PushedDocuments } from './push-outputs.js';
import { signPushed, type SignStatement } from './sign-pushed.js';
import { readStatementKey, type KeyPlace } from './statement-key.js';

/** Signs what was pushed under these names. @throws TsbuildError SIGNING_FAILED, REGISTRY_*, ABORTED */
export type SignPushed = (
  names: readonly Reference[],
  documents: Pick<PushedDocuments, 'root' | 'builds'>,
  signal: AbortSignal,
) => Promise<void>;

/** Looks at the key at once. @throws TsbuildError SIGNING_FAILED */
export async function openSigning(request: SigningRequest, engine: Engine, cwd: string): Promise<SignPushed> {
  const sign = await signerOf(request, { cwd, env: engine.env });
  return async (names, documents, signal) => {
    const [writer, client] = await Promise.all([engine.writer(), engine.directRegistry()]);
    await signPushed(names, documents, { sign, writer, client, signal, now: engine.now });
  };
}

async function signerOf(request: SigningRequest, place: KeyPlace): Promise<SignStatement> {
  if (request.key === undefined) {
    const { openKeylessSigner } = await import('./keyless-signer.js');
    return openKeylessSigner(request, place);
  }
  const key = await readStatementKey(request.key, place);
  return async (statement) => signStatement(statement, key);
}
