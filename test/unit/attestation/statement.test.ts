// Statements as they stand in a layer and in a file.
import test from 'ava';
import { MAX_STATEMENT_BYTES, statementBytes } from '../../../src/attestation/statement.js';
import { digestOf, hexOf } from '../../../src/core/digest.js';
import { TsbuildError } from '../../../src/core/errors.js';

const digest = digestOf('image');
const claim = { predicateType: 'https://spdx.dev/Document', predicate: { spdxVersion: 'SPDX-2.3' } };

test('a statement names its type, the type of what is said, and of what it is said', (t) => {
  const text = statementBytes(claim, [{ name: 'pkg:docker/app@1', digest }]).toString();
  t.is(
    text,
    '{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://spdx.dev/Document","subject":' +
      `[{"name":"pkg:docker/app@1","digest":{"sha256":"${hexOf(digest)}"}}],"predicate":{"spdxVersion":"SPDX-2.3"}}`,
  );
});

test('an image without a name is no subject, as with BuildKit', (t) => {
  t.deepEqual(JSON.parse(statementBytes(claim, [], 2).toString()), {
    _type: 'https://in-toto.io/Statement/v1',
    predicateType: 'https://spdx.dev/Document',
    subject: [],
    predicate: claim.predicate,
  });
});

test('a statement of more than 40 MiB is refused, as readers refuse it', (t) => {
  const predicate = { text: 'x'.repeat(MAX_STATEMENT_BYTES) };
  const error = t.throws(() => statementBytes({ ...claim, predicate }, []), { instanceOf: TsbuildError });
  t.is(error.code, 'OUTPUT_FAILED');
  t.truthy(error.hint);
});
