// The entries of lists in a target, as the CSV of the option of that name (buildx util/buildflags).
import { TsbuildError } from '../core/errors.js';
import { parseGoBool } from '../core/go-bool.js';
import { parseCsvFields, parseCsvPairs } from '../core/csv.js';
import type { Attributes, SecretSpec, SshSpec } from './target-spec.js';

/** `type=provenance,mode=max` */
export function attestOf(csv: string): Attributes {
  return withType(csv, 'attest');
}

/** References alone are caches of registries; several may stand between commas. */
export function cachesOf(csv: string): readonly Attributes[] {
  if (csv.includes('=')) return [withType(csv, 'cache')];
  return parseCsvFields(csv, 'cache').map((ref) => ({ type: 'registry', ref }));
}

/** A path alone is a directory, `-` a tar on standard output. */
export function outputOf(csv: string): Attributes {
  if (csv === '-') return { type: 'tar', dest: '-' };
  const fields = parseCsvFields(csv, 'output');
  const isPath = fields.length === 1 && fields[0] === csv && !csv.startsWith('type=');
  return isPath ? { type: 'local', dest: csv } : withType(csv, 'output');
}

/** `id=npmrc,src=.npmrc`, `type=env,id=TOKEN` */
export function secretOf(csv: string): SecretSpec {
  const { type, id, src, source, env, ...others } = Object.fromEntries(parseCsvPairs(csv, 'secret'));
  const [other] = Object.keys(others);
  if (other !== undefined) throw invalid(`unexpected key '${other}' in secret '${csv}'`);
  if (type !== undefined && type !== 'env' && type !== 'file')
    throw invalid(`unsupported secret type ${JSON.stringify(type)}`);
  const file = src ?? source;
  const isVariable = type === 'env' && env === undefined;
  return {
    ...(id !== undefined && { id }),
    ...(file !== undefined && !isVariable && { src: file }),
    ...((env !== undefined || (isVariable && file !== undefined)) && { env: env ?? file! }),
  };
}

/** `default`, `key=a.pem,b.pem` */
export function sshOf(text: string): SshSpec {
  const equals = text.indexOf('=');
  if (equals < 0) return { id: text };
  return { id: text.slice(0, equals), paths: text.slice(equals + 1).split(',') };
}

function withType(csv: string, what: string): Attributes {
  const attributes = Object.fromEntries(parseCsvPairs(csv, what));
  if (attributes['type']) return attributes;
  throw invalid(`type is required for ${what} ${JSON.stringify(csv)}`);
}

/** Attributes as the CSV of an option: `type` first, then by key. */
export function writtenAs(attributes: Attributes): string {
  const keys = Object.keys(attributes).sort(
    (a, b) => Number(b === 'type') - Number(a === 'type') || (a < b ? -1 : 1),
  );
  return keys.map((key) => quoted(`${key}=${attributes[key]!}`)).join(',');
}

function quoted(field: string): string {
  return /[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

/** Whether an attestation is turned off. */
export function isDisabled({ disabled }: Attributes): boolean {
  return disabled !== undefined && parseGoBool(disabled) === true;
}

function invalid(message: string): TsbuildError {
  return new TsbuildError('BAKE_INVALID', message);
}
