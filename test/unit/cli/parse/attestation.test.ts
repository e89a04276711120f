// `--attest`, `--provenance` and `--sbom` as buildx and BuildKit read them.
import test from 'ava';
import fc from 'fast-check';
import { parseAttestations } from '../../../../src/cli/parse/attestation.js';
import { TsbuildError } from '../../../../src/core/errors.js';

const parse = (texts: Partial<Parameters<typeof parseAttestations>[0]>) =>
  parseAttestations({ attest: [], provenance: undefined, sbom: undefined, ...texts });
const refusal = (texts: Parameters<typeof parse>[0]) => {
  const error = parseError(texts);
  return error && [error.code, error.message];
};
function parseError(texts: Parameters<typeof parse>[0]): TsbuildError | undefined {
  try {
    parse(texts);
  } catch (error) {
    return error as TsbuildError;
  }
  return undefined;
}

test('nothing is asked for by default, nor by what turns it off', (t) => {
  t.deepEqual(parse({}), {});
  t.deepEqual(parse({ provenance: 'false', sbom: '0' }), {});
  t.deepEqual(parse({ provenance: '', sbom: '' }), {});
  t.deepEqual(parse({ attest: ['type=provenance,disabled=true', 'type=sbom,disabled=1'] }), {});
});

test('provenance without a mode tells all', (t) => {
  t.deepEqual(parse({ provenance: 'true' }), { provenance: { mode: 'max' } });
  t.deepEqual(parse({ attest: ['type=provenance'] }), { provenance: { mode: 'max' } });
  t.deepEqual(parse({ provenance: 'mode=full' }), { provenance: { mode: 'max' } });
  t.deepEqual(parse({ provenance: 'version=v0.2' }), { provenance: { mode: 'max', version: 'v0.2' } });
});

test('attributes', (t) => {
  t.deepEqual(
    parse({ provenance: 'mode=min,builder-id=https://ci.example/1,version=v1,reproducible=true' }),
    {
      provenance: { mode: 'min', builderId: 'https://ci.example/1', version: 'v1', reproducible: true },
    },
  );
  t.deepEqual(parse({ provenance: 'mode=min,inline-only=false,filename=provenance.json' }), {
    provenance: { mode: 'min' },
  });
  t.deepEqual(parse({ attest: ['type=sbom'] }), { isSbomWanted: true });
  t.deepEqual(parse({ sbom: 'true', provenance: 'mode=min' }), {
    provenance: { mode: 'min' },
    isSbomWanted: true,
  });
});

test('the last of a type counts, and the short options come last', (t) => {
  t.deepEqual(parse({ attest: ['type=provenance,mode=max', 'type=provenance,mode=min'] }), {
    provenance: { mode: 'min' },
  });
  t.deepEqual(parse({ attest: ['type=provenance,mode=max'], provenance: 'false' }), {});
  t.deepEqual(parse({ attest: ['type=sbom,disabled=true'], sbom: 'true' }), { isSbomWanted: true });
});

test('what is wrong is named', (t) => {
  t.deepEqual(refusal({ attest: ['mode=min'] }), ['OPTION_INVALID', 'attestation type not specified']);
  t.deepEqual(refusal({ attest: ['type=provenence'] }), [
    'OPTION_INVALID',
    'unknown attestation type "provenence" (did you mean provenance?)',
  ]);
  t.deepEqual(refusal({ provenance: 'max' }), [
    'OPTION_INVALID',
    'invalid value max for --provenance: must be a key=value pair',
  ]);
  t.deepEqual(refusal({ provenance: 'mode=mini' }), ['OPTION_INVALID', 'invalid mode "mini"']);
  t.deepEqual(refusal({ provenance: 'version=1.0' }), [
    'OPTION_INVALID',
    'invalid provenance SLSA version: 1.0',
  ]);
  t.deepEqual(refusal({ provenance: 'reproducible=maybe' }), [
    'OPTION_INVALID',
    'failed to parse reproducible flag "maybe"',
  ]);
  t.deepEqual(refusal({ provenance: 'modes=min' }), [
    'OPTION_INVALID',
    'unknown attribute modes of provenance (did you mean mode?)',
  ]);
  t.deepEqual(refusal({ provenance: 'inline-only=true' }), [
    'OPTION_UNSUPPORTED',
    'inline-only=true of provenance is not supported',
  ]);
  t.deepEqual(refusal({ sbom: 'generator=docker/scout-sbom-indexer' }), [
    'OPTION_UNSUPPORTED',
    'a generator of the SBOM is not supported',
  ]);
});

test('any text is read or refused, and nothing else', (t) => {
  const part = fc.constantFrom('type=', 'provenance', 'sbom', ',', 'mode=min', '=', '"', 'x', '__proto__=1');
  const text = fc.array(part).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, text, (attest, provenance) => {
      const error = parseError({ attest: [attest], provenance });
      return error === undefined || error instanceof TsbuildError;
    }),
  );
  t.pass();
});
