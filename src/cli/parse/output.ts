// `--output`: CSV of key=value, `DEST` for type=local and `-` for a tar on standard output (buildx
// util/buildflags/export.go). What the exporters cannot do yet is refused by name, never dropped.
import { parseGoBool } from '../../core/go-bool.js';
import { TsbuildError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import type { Compression, OutputRequest } from '../../index.js';
import { parseCsvFields, parseCsvPairs } from './csv.js';

export interface ParsedOutput {
  readonly output: OutputRequest;
  /** Names given with `name=`. */
  readonly names: readonly string[];
}

type Attributes = ReadonlyMap<string, string>;

const TYPES = ['image', 'registry', 'oci', 'docker', 'local', 'tar', 'cacheonly'] as const;
const COMPRESSIONS: readonly string[] = ['uncompressed', 'gzip', 'zstd'];

/** Attributes that are read, by type. */
const READ: Readonly<Record<string, readonly string[]>> = {
  oci: ['name', 'tar', 'dest', 'compression', 'compression-level', 'rewrite-timestamp'],
  docker: ['name', 'tar', 'dest', 'compression', 'compression-level', 'rewrite-timestamp'],
  local: ['dest'],
  tar: ['dest'],
  image: ['name'],
  cacheonly: [],
};

/** Attributes known to buildx, with the values that ask for nothing new. */
const FIXED: Readonly<Record<string, readonly string[]>> = {
  push: ['false'],
  'push-by-digest': ['false'],
  'registry.insecure': ['false'],
  store: ['true'],
  unpack: ['false'],
  'oci-mediatypes': ['true'],
  'oci-artifact': ['true', 'false'],
  'force-compression': ['false'],
  'attestation-inline': ['true', 'false'],
  'attestation-prefix': [''],
  'platform-split': ['auto', 'false'],
  'prefer-nondist-layers': ['false'],
  'name-canonical': ['false'],
  'dangling-name-prefix': [],
  'source-date-epoch': [],
  mode: ['copy'],
  context: [],
};

/** @throws TsbuildError OPTION_INVALID, OPTION_UNSUPPORTED */
export function parseOutput(text: string): ParsedOutput {
  if (text === '-') return { output: { type: 'tar', dest: '-' }, names: [] };
  const fields = parseCsvFields(text, '--output');
  if (fields.length === 1 && fields[0] === text && !text.includes('=')) {
    return { output: { type: 'local', dest: text }, names: [] };
  }
  const attributes = new Map(parseCsvPairs(text, '--output'));
  const type = attributes.get('type');
  if (!type)
    throw new TsbuildError('OPTION_INVALID', 'type is required for output', {
      hint: 'for instance type=oci,dest=image.tar',
    });
  attributes.delete('type');
  checkType(type, attributes);
  for (const [key, value] of attributes) checkAttribute(type, key, value);
  const names = (attributes.get('name') ?? '').split(',').filter(Boolean);
  return { output: outputOf(type, attributes), names };
}

function checkType(type: string, attributes: Attributes): void {
  const isKnown = (TYPES as readonly string[]).includes(type);
  if (!isKnown) {
    throw new TsbuildError(
      'OPTION_INVALID',
      `unknown output type ${JSON.stringify(type)}${didYouMean(type, TYPES)}`,
      {
        hint: `use one of ${TYPES.filter((name) => name !== 'registry').join(', ')}`,
      },
    );
  }
  if (type === 'registry' || (type === 'image' && parseGoBool(attributes.get('push') ?? 'false'))) {
    throw new TsbuildError('OPTION_UNSUPPORTED', `output type=${type} with push is not supported`, {
      hint: 'write an archive and push it: type=oci,dest=image.tar, then skopeo copy oci-archive:image.tar docker://NAME',
    });
  }
}

function checkAttribute(type: string, key: string, value: string): void {
  if (READ[type]?.includes(key)) return;
  const accepted = FIXED[key];
  if (accepted) {
    if (accepted.includes(String(parseGoBool(value) ?? value))) return;
    throw new TsbuildError('OPTION_UNSUPPORTED', `${key}=${value} of output type=${type} is not supported`, {
      hint: accepted.length === 0 ? `leave ${key} out` : `leave ${key} out, or use ${key}=${accepted[0]!}`,
    });
  }
  if (key.startsWith('annotation')) {
    throw new TsbuildError('OPTION_UNSUPPORTED', `${key} of an output is not supported`, {
      hint: 'use --annotation',
    });
  }
  const known = [...(READ[type] ?? []), ...Object.keys(FIXED)];
  throw new TsbuildError(
    'OPTION_INVALID',
    `unknown attribute ${key} for output type=${type}${didYouMean(key, known)}`,
  );
}

function outputOf(type: string, attributes: Attributes): OutputRequest {
  const dest = attributes.get('dest');
  switch (type) {
    case 'local':
      return { type, dest: directoryOf(type, dest) };
    case 'tar':
      return { type, dest: dest || '-' };
    case 'oci':
    case 'docker':
      return archiveOf(type, dest, attributes);
    case 'image':
      return { type };
    default:
      return { type: 'cacheonly' };
  }
}

function archiveOf(type: 'oci' | 'docker', dest: string | undefined, attributes: Attributes): OutputRequest {
  const tar = parseGoBool(attributes.get('tar') ?? 'true') ?? true;
  if (tar && type === 'docker' && !dest) {
    throw new TsbuildError(
      'OPTION_UNSUPPORTED',
      'output type=docker without dest would load the image into Docker, which is not supported',
      {
        hint: 'use type=docker,dest=image.tar, then docker load --input image.tar',
      },
    );
  }
  const compression = compressionOf(attributes.get('compression'));
  const compressionLevel = levelOf(attributes.get('compression-level'));
  const rewriteTimestamp = parseGoBool(attributes.get('rewrite-timestamp') ?? 'false');
  return {
    type,
    dest: tar ? dest || '-' : directoryOf(type, dest),
    tar,
    ...(compression === undefined ? {} : { compression }),
    ...(compressionLevel === undefined ? {} : { compressionLevel }),
    ...(rewriteTimestamp ? { rewriteTimestamp } : {}),
  };
}

function directoryOf(type: string, dest: string | undefined): string {
  if (!dest) throw new TsbuildError('OPTION_INVALID', `dest is required for ${type} exporter`);
  if (dest === '-') throw new TsbuildError('OPTION_INVALID', `dest cannot be stdout for ${type} exporter`);
  return dest;
}

function compressionOf(text: string | undefined): Compression | undefined {
  if (text === undefined) return undefined;
  if (COMPRESSIONS.includes(text)) return text as Compression;
  const code = text === 'estargz' ? 'OPTION_UNSUPPORTED' : 'OPTION_INVALID';
  throw new TsbuildError(
    code,
    `unsupported layer compression type ${text}${didYouMean(text, COMPRESSIONS)}`,
    {
      hint: `use one of ${COMPRESSIONS.join(', ')}`,
    },
  );
}

function levelOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^-?\d{1,3}$/.test(text)) return Number(text);
  throw new TsbuildError('OPTION_INVALID', `compression-level ${JSON.stringify(text)} is not a number`);
}
