// `--mount type=bind|volume|tmpfs|image,KEY=VALUE,…` (docker/cli opts/mount.go).
import { TsbuildError } from '../../core/errors.js';
import { parseGoBool } from '../../core/go-bool.js';
import type { RequestedMount } from '../../index.js';
import { parseCsvFields } from './csv.js';
import { hostPath, invalidMount, isHostPath, mountTarget, volumeName } from './mount-target.js';
import { parseSize } from './size.js';

const TYPES = ['bind', 'volume', 'tmpfs', 'image'];
const OTHER_NAMES: Readonly<Record<string, string>> = {
  source: 'src',
  target: 'dst',
  destination: 'dst',
  readonly: 'ro',
};
/** They may stand without a value. */
const FLAGS = ['ro', 'volume-nocopy', 'bind-nonrecursive', 'bind-create-src'];
const VALUES = [
  'type',
  'src',
  'dst',
  'consistency',
  'bind-propagation',
  'bind-recursive',
  'volume-subpath',
  'volume-driver',
  'image-subpath',
  'tmpfs-size',
  'tmpfs-mode',
];
const LISTS = ['volume-label', 'volume-opt'];
const PROPAGATIONS = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];
const RECURSIONS = ['enabled', 'disabled', 'writable', 'readonly'];

interface Fields {
  readonly text: (key: string) => string | undefined;
  readonly flag: (key: string) => boolean;
  readonly pairs: (key: string) => Readonly<Record<string, string>> | undefined;
  readonly keys: readonly string[];
}

/** @throws TsbuildError OPTION_INVALID */
export function parseMountOption(text: string, cwd: string): RequestedMount {
  const fields = readFields(text);
  const type = (fields.text('type') ?? 'volume').toLowerCase();
  if (!TYPES.includes(type))
    throw invalidMount(`invalid mount config for type "${type}": mount type unknown`);
  const given = fields.text('dst');
  if (!given) throw invalidMount('target is required', 'write --mount type=…,target=/path');
  refuseForeignKeys(type, fields.keys);
  const common = { target: mountTarget(given), isReadonly: fields.flag('ro') };
  if (type === 'bind') return { ...common, ...bindOf(fields, cwd) };
  if (type === 'tmpfs') return { ...common, ...tmpfsOf(fields) };
  if (type === 'image')
    throw new TsbuildError('OPTION_UNSUPPORTED', 'mounts of type image are not supported', {
      hint: 'copy what you need at build time: COPY --from=IMAGE',
    });
  return { ...common, ...volumeOf(fields) };
}

function volumeOf(fields: Fields) {
  const [source, subpath, labels] = [
    fields.text('src'),
    fields.text('volume-subpath'),
    fields.pairs('volume-label'),
  ];
  const driver = fields.text('volume-driver') ?? 'local';
  if (driver !== 'local' || fields.pairs('volume-opt'))
    throw new TsbuildError(
      'OPTION_UNSUPPORTED',
      'volumes are directories of the store: they have no other driver and no options',
    );
  return {
    type: 'volume' as const,
    isNotCopied: fields.flag('volume-nocopy'),
    ...(source && { name: volumeName(source) }),
    ...(subpath && { subpath }),
    ...(labels && { labels }),
  };
}

function bindOf(fields: Fields, cwd: string) {
  const source = fields.text('src');
  if (!source)
    throw invalidMount(
      'invalid mount config for type "bind": field Source must not be empty',
      'write source=PATH',
    );
  if (!isHostPath(source))
    throw invalidMount(
      `invalid mount config for type "bind": invalid mount path: '${source}' mount path must be absolute`,
      `write source=./${source}`,
    );
  const propagation = oneOf(fields, 'bind-propagation', PROPAGATIONS);
  const isShallow =
    oneOf(fields, 'bind-recursive', RECURSIONS) === 'disabled' || fields.flag('bind-nonrecursive');
  return {
    type: 'bind' as const,
    source: hostPath(source, cwd),
    isSourceMade: fields.flag('bind-create-src'),
    ...(isShallow && { isShallow }),
    ...(propagation && { propagation }),
  };
}

function tmpfsOf(fields: Fields) {
  if (fields.text('src') !== undefined)
    throw invalidMount('invalid mount config for type "tmpfs": field Source must not be specified');
  const [size, mode] = [fields.text('tmpfs-size'), fields.text('tmpfs-mode')];
  if (mode !== undefined && !/^[0-7]{1,5}$/.test(mode))
    throw invalidMount(`invalid value for tmpfs-mode: ${mode}`, 'write an octal number such as 1777');
  return {
    type: 'tmpfs' as const,
    ...(size !== undefined && { sizeBytes: parseSize(size, '--mount tmpfs-size') }),
    ...(mode !== undefined && { mode: Number.parseInt(mode, 8) }),
  };
}

function oneOf(fields: Fields, key: string, choices: readonly string[]): string | undefined {
  const value = fields.text(key)?.toLowerCase();
  if (value === undefined || choices.includes(value)) return value;
  throw invalidMount(`invalid value for ${key}: ${value}`, `use one of ${choices.join(', ')}`);
}

function readFields(text: string): Fields {
  const found = parseCsvFields(text, '--mount').map(readField);
  const of = (wanted: string) => found.filter(({ key }) => key === wanted).map(({ value }) => value);
  return {
    keys: found.map(({ key }) => key),
    text: (key) => of(key).at(-1),
    flag: (key) => of(key).at(-1) === 'true',
    pairs: (key) => (of(key).length === 0 ? undefined : Object.fromEntries(of(key).map(pairOf))),
  };
}

function readField(field: string): { readonly key: string; readonly value: string } {
  const equals = field.indexOf('=');
  const written = equals < 0 ? field : field.slice(0, equals);
  const value = equals < 0 ? 'true' : field.slice(equals + 1);
  if (written.trim() !== written)
    throw invalidMount(`invalid option '${written}' in '${field}': option should not have whitespace`);
  if (value.trim() !== value)
    throw invalidMount(`invalid value for '${written}' in '${field}': value should not have whitespace`);
  const lower = written.toLowerCase();
  const key = OTHER_NAMES[lower] ?? lower;
  if (FLAGS.includes(key)) return { key, value: flagValue(written, value) };
  if (![...VALUES, ...LISTS].includes(key))
    throw equals < 0 ? notAPair(field) : invalidMount(`unexpected key '${written}' in '${field}'`);
  if (equals < 0) throw notAPair(field);
  return { key, value };
}

function flagValue(key: string, text: string): string {
  const value = parseGoBool(text);
  if (value === undefined) throw invalidMount(`invalid value for ${key}: ${text}`, 'write true or false');
  return String(value);
}

function refuseForeignKeys(type: string, keys: readonly string[]): void {
  for (const family of TYPES)
    if (family !== type && keys.some((key) => key.startsWith(`${family}-`)))
      throw invalidMount(`cannot mix '${family}-*' options with mount type '${type}'`);
}

function pairOf(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
}

function notAPair(field: string): Error {
  return invalidMount(`invalid field '${field}' must be a key=value pair`);
}
