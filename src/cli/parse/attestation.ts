// `--attest type=TYPE[,KEY=VALUE]`, and `--provenance` and `--sbom`, which are short for it (buildx
// util/buildflags/attests.go; BuildKit's solver/llbsolver/provenance.go for the keys). The last of a type counts.
import { parseGoBool } from '../../core/go-bool.js';
import { TsbuildError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import type { BuildRequest } from '../../plan/request.js';
import { parseCsvPairs } from './csv.js';

export interface AttestationTexts {
  /** Values of `--attest`. */
  readonly attest: readonly string[];
  readonly provenance: string | undefined;
  readonly sbom: string | undefined;
}

type Attributes = ReadonlyMap<string, string>;
type Provenance = NonNullable<BuildRequest['provenance']>;

const TYPES = ['provenance', 'sbom'] as const;
type Type = (typeof TYPES)[number];

/** Only what was asked for is set. @throws TsbuildError OPTION_INVALID, OPTION_UNSUPPORTED */
export function parseAttestations({
  attest,
  provenance,
  sbom,
}: AttestationTexts): Pick<BuildRequest, 'provenance' | 'isSbomWanted'> {
  const rows = [
    ...attest.map(parseRow),
    ...(provenance ? [short('provenance', provenance)] : []),
    ...(sbom ? [short('sbom', sbom)] : []),
  ];
  const last = new Map(rows.map(({ type, attributes }) => [type, attributes]));
  const wanted = (type: Type): Attributes | undefined => {
    const attributes = last.get(type);
    return attributes && !flagOf(attributes, 'disabled') ? attributes : undefined;
  };
  const [ofProvenance, ofSbom] = [wanted('provenance'), wanted('sbom')];
  if (ofSbom) checkSbom(ofSbom);
  return {
    ...(ofProvenance && { provenance: provenanceOf(ofProvenance) }),
    ...(ofSbom && { isSbomWanted: true }),
  };
}

interface Row {
  readonly type: Type;
  readonly attributes: Attributes;
}

function parseRow(text: string): Row {
  const { type = '', ...rest } = Object.fromEntries(parseCsvPairs(text, '--attest'));
  const known = TYPES.find((one) => one === type);
  if (known) return { type: known, attributes: new Map(Object.entries(rest)) };
  const message =
    type === ''
      ? 'attestation type not specified'
      : `unknown attestation type ${JSON.stringify(type)}${didYouMean(type, TYPES)}`;
  throw new TsbuildError('OPTION_INVALID', message, { hint: 'for instance type=provenance,mode=min' });
}

/** `true`, `false`, or the attributes. */
function short(type: Type, text: string): Row {
  const isOn = parseGoBool(text);
  if (isOn === undefined) return { type, attributes: new Map(parseCsvPairs(text, `--${type}`)) };
  return { type, attributes: new Map(isOn ? [] : [['disabled', 'true']]) };
}

/** Attributes of BuildKit with the values that ask for what is done anyway. */
const FIXED: Readonly<Record<string, string>> = {
  filename: 'provenance.json',
  'inline-only': 'false',
  'capture-usage': 'false',
  'complete-materials': 'false',
};
const READ = ['type', 'disabled', 'mode', 'builder-id', 'version', 'reproducible'];

function provenanceOf(attributes: Attributes): Provenance {
  for (const [key, value] of attributes) checkAttribute('provenance', key, value);
  const builderId = attributes.get('builder-id');
  const version = versionOf(attributes.get('version'));
  return {
    mode: modeOf(attributes.get('mode')),
    ...(builderId && { builderId }),
    ...(version && { version }),
    ...(flagOf(attributes, 'reproducible') && { reproducible: true }),
  };
}

function checkAttribute(type: Type, key: string, value: string): void {
  if (READ.includes(key)) return;
  const fixed = Object.hasOwn(FIXED, key) ? FIXED[key] : undefined;
  if (fixed === undefined) {
    const known = [...READ, ...Object.keys(FIXED)];
    throw new TsbuildError('OPTION_INVALID', `unknown attribute ${key} of ${type}${didYouMean(key, known)}`);
  }
  if (String(parseGoBool(value) ?? value) === fixed) return;
  throw new TsbuildError('OPTION_UNSUPPORTED', `${key}=${value} of ${type} is not supported`, {
    hint: `leave ${key} out`,
  });
}

/** What is asked for without a mode is told whole, as by BuildKit. */
function modeOf(text = 'max'): Provenance['mode'] {
  if (text === 'min' || text === 'max') return text;
  if (text === 'full') return 'max';
  throw new TsbuildError('OPTION_INVALID', `invalid mode ${JSON.stringify(text)}`, {
    hint: 'write mode=min or mode=max',
  });
}

function versionOf(text: string | undefined): Provenance['version'] {
  if (text === undefined || text === 'v1' || text === 'v0.2') return text;
  throw new TsbuildError('OPTION_INVALID', `invalid provenance SLSA version: ${text}`, {
    hint: 'write version=v1 or version=v0.2',
  });
}

function checkSbom(attributes: Attributes): void {
  for (const key of attributes.keys()) {
    if (key === 'disabled') continue;
    if (key !== 'generator') throw new TsbuildError('OPTION_INVALID', `unknown attribute ${key} of sbom`);
    throw new TsbuildError('OPTION_UNSUPPORTED', 'a generator of the SBOM is not supported', {
      hint: 'leave generator out: the packages are read out of the image without a scanner',
    });
  }
}

function flagOf(attributes: Attributes, key: string): boolean {
  const text = attributes.get(key) ?? 'false';
  const value = parseGoBool(text);
  if (value !== undefined) return value;
  throw new TsbuildError('OPTION_INVALID', `failed to parse ${key} flag ${JSON.stringify(text)}`, {
    hint: `write ${key}=true or ${key}=false`,
  });
}
