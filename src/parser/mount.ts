// RUN --mount: the CSV of one mount, checked when the file is parsed and read when its variables can be expanded. Keys
// are looked at in order, as BuildKit does (instructions/commands_runmount.go): `required` counts only behind
// `type=secret`.
import { posix } from 'node:path';
import { didYouMean } from '../core/suggest.js';
import { parseCsvFields } from './csv-fields.js';
import { parseGoBool } from '../core/go-bool.js';
import { goQuote } from './go-quote.js';
import type { Mount } from './instruction.js';
import { parseMemorySize } from './memory-size.js';
import { syntaxError } from './syntax-error.js';

const TYPES = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] as const;
const SHARINGS = ['shared', 'private', 'locked'] as const;
type MountType = (typeof TYPES)[number];
type Sharing = (typeof SHARINGS)[number];

interface MountFields {
  type: MountType;
  from?: string;
  source?: string;
  target?: string;
  id?: string;
  env?: string;
  isReadonly?: boolean;
  isRequired?: boolean;
  sizeBytes?: number;
  sharing?: Sharing;
  mode?: number;
  uid?: number;
  gid?: number;
}

type KeyReader = (fields: MountFields, value: string, key: string) => void;

function readBool(key: string, value: string): boolean {
  const parsed = parseGoBool(value);
  if (parsed === undefined) throw syntaxError(`invalid value for ${key}: ${value}`);
  return parsed;
}

function readUint32(key: string, value: string, base: 8 | 10): number {
  const isNumber = (base === 8 ? /^[0-7]+$/ : /^\d+$/).test(value);
  const number = Number.parseInt(value, base);
  if (!isNumber || number >= 2 ** 32) throw syntaxError(`invalid value ${value} for ${key}`);
  return number;
}

function requireType(fields: MountFields, key: string, types: readonly MountType[]): void {
  if (!types.includes(fields.type))
    throw syntaxError(`unexpected key '${key}' for mount type '${fields.type}'`);
}

const readType: KeyReader = (fields, value) => {
  const type = TYPES.find((known) => known === value.toLowerCase());
  if (!type)
    throw syntaxError(
      `unsupported mount type ${goQuote(value)}${didYouMean(value, TYPES, { isCaseSensitive: true })}`,
    );
  fields.type = type;
};
const readSharing: KeyReader = (fields, value) => {
  const sharing = SHARINGS.find((known) => known === value.toLowerCase());
  if (!sharing)
    throw syntaxError(
      `unsupported sharing value ${goQuote(value)}${didYouMean(value, SHARINGS, { isCaseSensitive: true })}`,
    );
  fields.sharing = sharing;
};
const readSize: KeyReader = (fields, value, key) => {
  requireType(fields, key, ['tmpfs']);
  const size = parseMemorySize(value);
  if (size === undefined) throw syntaxError(`invalid value for ${key}: ${value}`);
  fields.sizeBytes = size;
};
const readRequired: KeyReader = (fields, value, key) => {
  requireType(fields, key, ['secret', 'ssh']);
  fields.isRequired = readBool(key, value);
};
const readSource: KeyReader = (fields, value) => void (fields.source = value);
const readTarget: KeyReader = (fields, value) => void (fields.target = value);
const readReadonly: KeyReader = (fields, value, key) => void (fields.isReadonly = readBool(key, value));
const readReadwrite: KeyReader = (fields, value, key) => void (fields.isReadonly = !readBool(key, value));

const READERS: Readonly<Record<string, KeyReader>> = {
  type: readType,
  from: (fields, value) => void (fields.from = value),
  source: readSource,
  src: readSource,
  target: readTarget,
  dst: readTarget,
  destination: readTarget,
  readonly: readReadonly,
  ro: readReadonly,
  readwrite: readReadwrite,
  rw: readReadwrite,
  required: readRequired,
  size: readSize,
  id: (fields, value) => void (fields.id = value),
  env: (fields, value) => void (fields.env = value),
  sharing: readSharing,
  mode: (fields, value, key) => void (fields.mode = readUint32(key, value, 8)),
  uid: (fields, value, key) => void (fields.uid = readUint32(key, value, 10)),
  gid: (fields, value, key) => void (fields.gid = readUint32(key, value, 10)),
};
const BARE_KEYS = new Set(['readonly', 'ro', 'readwrite', 'rw', 'required']);

function splitField(field: string): { key: string; value: string | undefined } {
  const separator = field.indexOf('=');
  if (separator < 0) return { key: field.toLowerCase(), value: undefined };
  return { key: field.slice(0, separator).toLowerCase(), value: field.slice(separator + 1) };
}

function readField(fields: MountFields, field: string, expand: (text: string) => string): void {
  const { key, value } = splitField(field);
  const reader = Object.hasOwn(READERS, key) ? READERS[key] : undefined;
  if (value === undefined) {
    if (!reader || !BARE_KEYS.has(key))
      throw syntaxError(`invalid field '${field}' must be a key=value pair`);
    reader(fields, 'true', key);
    return;
  }
  const expanded = expand(value);
  if (!reader)
    throw syntaxError(
      `unexpected key '${key}' in '${field}'${didYouMean(key, Object.keys(READERS), { isCaseSensitive: true })}`,
    );
  reader(fields, expanded, key);
}

/** @throws TsbuildError DOCKERFILE_SYNTAX for keys that do not go with the type */
function checkFields(fields: MountFields): void {
  const { type } = fields;
  const takesOwner = type === 'secret' || type === 'ssh' || type === 'cache';
  for (const key of ['mode', 'uid', 'gid'] as const) {
    if (!takesOwner && fields[key] !== undefined)
      throw syntaxError(`${key} not allowed for ${goQuote(type)} type mounts`);
  }
  if (type === 'secret') checkSecret(fields);
  if (fields.sharing && type !== 'cache') throw syntaxError(`invalid cache sharing set for ${type} mount`);
  if (type === 'ssh' && fields.source) throw syntaxError('ssh does not support source');
  const hasTarget = type === 'bind' || type === 'cache' || type === 'tmpfs';
  if (hasTarget && fields.target && posix.normalize(`${fields.target}/`) === '/')
    throw syntaxError('invalid mount target "/"');
}

function checkSecret(fields: MountFields): void {
  if (fields.from) throw syntaxError('secret mount should not have a from');
  if (fields.sharing) throw syntaxError('secret mount should not define sharing');
  if (!fields.source && !fields.target && !fields.id) {
    throw syntaxError('invalid secret mount. one of source, target required');
  }
  if (fields.source && fields.id) throw syntaxError("both source and id can't be set");
}

/** The mount with its defaults. */
function toMount(fields: MountFields): Mount {
  const target = fields.target ?? '';
  if (fields.type === 'tmpfs') {
    return {
      type: 'tmpfs',
      target,
      ...(fields.sizeBytes === undefined ? {} : { sizeBytes: fields.sizeBytes }),
    };
  }
  if (fields.type === 'secret') return secretMount(fields);
  if (fields.type === 'ssh')
    return { type: 'ssh', id: fields.id || 'default', ...credentialPart(fields, 0o600, fields.target) };
  const common = { target, ...(fields.from ? { from: fields.from } : {}), source: fields.source ?? '' };
  if (fields.type === 'bind') return { type: 'bind', ...common, readonly: fields.isReadonly ?? true };
  return {
    type: 'cache',
    ...common,
    id: fields.id || cleanPath(target),
    readonly: fields.isReadonly ?? false,
    sharing: fields.sharing ?? 'shared',
    ...(fields.mode === undefined ? {} : { mode: fields.mode }),
    ...(fields.uid === undefined ? {} : { uid: fields.uid }),
    ...(fields.gid === undefined ? {} : { gid: fields.gid }),
  };
}

function secretMount(fields: MountFields): Mount {
  const id = fields.source || fields.id || posix.basename(fields.target!) || '/';
  const target =
    fields.target || (fields.env === undefined ? `/run/secrets/${posix.basename(id)}` : undefined);
  const env = fields.env === undefined ? {} : { env: fields.env };
  return { type: 'secret', id, ...env, ...credentialPart(fields, 0o400, target) };
}

function credentialPart(fields: MountFields, mode: number, target: string | undefined) {
  return {
    ...(target ? { target } : {}),
    required: fields.isRequired ?? false,
    mode: fields.mode ?? mode,
    uid: fields.uid ?? 0,
    gid: fields.gid ?? 0,
  };
}

/** Go's path.Clean. */
function cleanPath(path: string): string {
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}

const TARGET_KEYS = new Set(['target', 'dst', 'destination']);

/**
 * What can be said of a mount before its variables are known: the CSV is well formed and `from` has no variable.
 * @returns `from`: where the files come from, absent for the build context; `target` as written
 * @throws TsbuildError DOCKERFILE_SYNTAX
 */
export function validateMount(csv: string): { readonly from?: string; readonly target: string } {
  let from = '';
  let target = '';
  for (const { key, value } of parseCsvFields(csv, 'mounts').map(splitField)) {
    if (value === undefined) continue;
    if (TARGET_KEYS.has(key)) target = value;
    if (key !== 'from') continue;
    if (/\$./.test(value))
      throw syntaxError("'from' doesn't support variable expansion, define alias stage instead");
    from = value;
  }
  return { ...(from ? { from } : {}), target };
}

/**
 * The mount that a CSV describes, defaults filled in. A relative target stays relative: it belongs to the WORKDIR.
 * @param expand gives a value with its variables replaced
 * @throws TsbuildError DOCKERFILE_SYNTAX with BuildKit's words; whatever `expand` throws
 */
export function parseMount(csv: string, expand: (text: string) => string): Mount {
  const fields: MountFields = { type: 'bind' };
  for (const field of parseCsvFields(csv, 'mounts')) readField(fields, field, expand);
  checkFields(fields);
  return toMount(fields);
}
