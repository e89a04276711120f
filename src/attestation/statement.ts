// in-toto statements, version 1: what is said (the predicate) of which artifacts (the subjects). They are not signed.
// Spec: in-toto/attestation spec/v1/statement.md; BuildKit's exporter/attestation/make.go. Pure.
import { hexOf, type Digest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';

const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const SPDX_PREDICATE = 'https://spdx.dev/Document';

export interface Subject {
  /** A package URL, or the path of a file. */
  readonly name: string;
  readonly digest: Digest;
}

/** What is said, before it is known of what. */
export interface Claim {
  readonly predicateType: string;
  /** Plain data for JSON. */
  readonly predicate: object;
}

/** As BuildKit bounds them. */
export const MAX_STATEMENT_BYTES = 40 << 20;

/**
 * The JSON of the statement.
 * @param indent spaces; none for the form in an image
 * @throws TsbuildError OUTPUT_FAILED for one that is too large
 */
export function statementBytes(
  { predicateType, predicate }: Claim,
  subjects: readonly Subject[],
  indent?: number,
): Buffer {
  const statement = {
    _type: STATEMENT_TYPE,
    predicateType,
    subject: subjects.map(({ name, digest }) => ({ name, digest: { sha256: hexOf(digest) } })),
    predicate,
  };
  const bytes = Buffer.from(JSON.stringify(statement, null, indent));
  if (bytes.length <= MAX_STATEMENT_BYTES) return bytes;
  throw new TsbuildError(
    'OUTPUT_FAILED',
    `the attestation ${predicateType} exceeds ${MAX_STATEMENT_BYTES} bytes`,
    { hint: 'leave --sbom or mode=max out' },
  );
}
