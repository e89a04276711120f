// A network as docker describes it (moby api/types/network Inspect): for `network inspect`. Pure.
import type { NetworkMember } from '../../sandbox/network/bridge/network-files.js';
import type { NetworkRecord } from './network-record.js';

export interface NetworkDescription {
  readonly Name: string;
  readonly Id: string;
  /** RFC 3339. */
  readonly Created: string;
  readonly Scope: 'local';
  readonly Driver: string;
  readonly EnableIPv6: false;
  readonly IPAM: {
    readonly Driver: 'default';
    readonly Options: Readonly<Record<string, string>>;
    readonly Config: readonly {
      readonly Subnet: string;
      readonly IPRange?: string;
      readonly Gateway: string;
    }[];
  };
  readonly Internal: boolean;
  readonly Attachable: false;
  readonly Ingress: false;
  readonly ConfigFrom: { readonly Network: '' };
  readonly ConfigOnly: false;
  /** Those that run, by id. */
  readonly Containers: Readonly<Record<string, EndpointDescription>>;
  readonly Options: Readonly<Record<string, string>>;
  readonly Labels: Readonly<Record<string, string>>;
}

export interface EndpointDescription {
  readonly Name: string;
  readonly EndpointID: string;
  readonly MacAddress: string;
  /** `172.18.0.2/24` */
  readonly IPv4Address: string;
  readonly IPv6Address: '';
}

export function describeNetwork(
  record: NetworkRecord,
  members: readonly NetworkMember[],
): NetworkDescription {
  const { addresses } = record;
  return {
    Name: record.name,
    Id: record.id,
    Created: new Date(record.createdAt).toISOString(),
    Scope: 'local',
    Driver: record.driver,
    EnableIPv6: false,
    IPAM: {
      Driver: 'default',
      Options: {},
      Config: addresses
        ? [
            {
              Subnet: addresses.subnet,
              ...(addresses.ipRange !== undefined && { IPRange: addresses.ipRange }),
              Gateway: addresses.gateway,
            },
          ]
        : [],
    },
    Internal: record.isInternal,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: Object.fromEntries(members.map((member) => [member.containerId, endpointOf(member)])),
    Options: record.options,
    Labels: record.labels,
  };
}

function endpointOf(member: NetworkMember): EndpointDescription {
  return {
    Name: member.names[0] ?? '',
    EndpointID: member.endpointId,
    MacAddress: member.macAddress,
    IPv4Address: `${member.address}/${member.prefixLength}`,
    IPv6Address: '',
  };
}
