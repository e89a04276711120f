// `--network NAME`, or `name=NAME,alias=…,ip=…` (docker/cli opts/network.go), and `--network-alias`, `--ip`, which
// belong to the first network.
import { TsbuildError } from '../../core/errors.js';
import type { RequestedNetwork } from '../../index.js';
import { parseCsvFields } from './csv.js';

/** @throws TsbuildError OPTION_INVALID */
function parseNetwork(text: string): RequestedNetwork {
  if (!text.includes('=')) return { name: networkName(text.trim()) };
  const fields = parseCsvFields(text, '--network').map(fieldOf);
  const of = (wanted: string) => fields.filter(([key]) => key === wanted).map(([, value]) => value);
  const unknown = fields.find(([key]) => !KEYS.includes(key));
  if (unknown) throw invalid(`invalid field key ${unknown[0]}`);
  const [aliases, ipAddress, macAddress] = [of('alias'), of('ip').at(-1), of('mac-address').at(-1)];
  return {
    name: networkName(of('name').at(-1) ?? ''),
    ...(aliases.length > 0 && { aliases }),
    ...(ipAddress && { ipAddress: address(ipAddress) }),
    ...(macAddress && { macAddress }),
  };
}

const KEYS = ['name', 'alias', 'ip', 'mac-address'];

function fieldOf(field: string): readonly [string, string] {
  const equals = field.indexOf('=');
  if (equals < 0) throw invalid(`invalid field ${field}: must be a key=value pair`);
  return [field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1).trim()];
}

export interface NetworkFlags {
  readonly networks: readonly string[];
  readonly aliases: readonly string[];
  readonly ipAddress?: string | undefined;
  readonly macAddress?: string | undefined;
}

const SHARED_MODES = ['none', 'host', 'bridge', 'default'];

/** None asked is `bridge`. @throws TsbuildError OPTION_INVALID, OPTION_CONFLICT */
export function parseNetworks({ networks, aliases, ...own }: NetworkFlags): readonly RequestedNetwork[] {
  const [first = { name: 'bridge' }, ...others] = networks.map(parseNetwork);
  const hasOwn = aliases.length > 0 || own.ipAddress || own.macAddress;
  if (hasOwn && isShared(first.name))
    throw new TsbuildError(
      'OPTION_CONFLICT',
      'conflicting options: addresses and aliases are for networks that were created',
      { hint: 'name one: tsbuild network create NAME, then --network NAME' },
    );
  if (others.length > 0 && [first, ...others].some(({ name }) => isExclusive(name)))
    throw new TsbuildError(
      'OPTION_CONFLICT',
      'conflicting options: cannot attach both user-defined and non-user-defined network-modes',
    );
  return [
    {
      ...first,
      ...(aliases.length > 0 && { aliases: [...(first.aliases ?? []), ...aliases] }),
      ...(own.ipAddress && { ipAddress: address(own.ipAddress) }),
      ...(own.macAddress && { macAddress: own.macAddress }),
    },
    ...others,
  ];
}

function isShared(name: string): boolean {
  return SHARED_MODES.includes(name) || name.startsWith('container:');
}

function isExclusive(name: string): boolean {
  return name === 'none' || name === 'host' || name.startsWith('container:');
}

function networkName(name: string): string {
  if (name === 'default') return 'bridge';
  if (name === '') throw invalid('network name is empty');
  if (name === 'container:') throw invalid('invalid container format container:<name|id>');
  return name;
}

function address(text: string): string {
  if (process.getBuiltinModule('node:net').isIP(text) === 4) return text;
  throw invalid(`invalid IPv4 address: ${text}`);
}

function invalid(message: string): TsbuildError {
  return new TsbuildError('OPTION_INVALID', message, {
    hint: 'write --network NAME, none, host, container:NAME or name=NAME,alias=ALIAS',
  });
}
