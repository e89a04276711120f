// What is known of a network, as its file says it. Plain data.
import { createHash } from 'node:crypto';

export interface NetworkRecord {
  readonly version: 1;
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** User networks are bridges. */
  readonly driver: 'bridge' | 'host' | 'null';
  /** Nothing leads outside. */
  readonly isInternal: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
  /** Absent for networks without addresses. */
  readonly addresses?: NetworkAddresses;
}

export interface NetworkAddresses {
  /** `172.18.0.0/24` */
  readonly subnet: string;
  readonly gateway: string;
  /** Addresses that were not asked for come from it. */
  readonly ipRange?: string;
}

/** Networks that always exist, in the order of their names. They have no file. */
export const PREDEFINED: readonly NetworkRecord[] = [
  predefined('bridge', 'bridge', { subnet: '172.17.0.0/16', gateway: '172.17.0.1' }),
  predefined('host', 'host'),
  predefined('none', 'null'),
];

export function isPredefined({ id }: Pick<NetworkRecord, 'id'>): boolean {
  return PREDEFINED.some((network) => network.id === id);
}

function predefined(
  name: string,
  driver: NetworkRecord['driver'],
  addresses?: NetworkAddresses,
): NetworkRecord {
  return {
    version: 1,
    id: createHash('sha256').update(`network ${name}`).digest('hex'),
    name,
    createdAt: 0,
    driver,
    isInternal: false,
    labels: {},
    options: {},
    ...(addresses && { addresses }),
  };
}
