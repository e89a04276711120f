// What is asked of the kernel about interfaces, addresses and routes, as messages (rtnetlink(7), linux/if_link.h,
// linux/veth.h). Pure.
import {
  decodeAttributes,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_REQUEST,
  RTM_DELLINK,
  RTM_GETLINK,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWROUTE,
  text,
  uint32,
  type Attribute,
  type NetlinkMessage,
  type ReceivedMessage,
} from './message.js';
import { addressBytes, type Ipv4 } from '../ipv4.js';

const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_MASTER = 10;
const IFLA_LINKINFO = 18;
const IFLA_NET_NS_FD = 28;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const VETH_INFO_PEER = 1;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_BROADCAST = 4;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;

const IFF_UP = 1;
const AF_INET = 2;
const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
const RT_SCOPE_UNIVERSE = 0;
const RTN_UNICAST = 1;

const CHANGE = NLM_F_REQUEST | NLM_F_ACK;
const MAKE = CHANGE | NLM_F_CREATE | NLM_F_EXCL;

/** A message that has no number yet. */
export type Request = Omit<NetlinkMessage, 'sequence'>;

export interface Link {
  readonly index: number;
  readonly name: string;
  readonly isUp: boolean;
  /** `02:42:ac:12:00:02`; empty where it has none. */
  readonly macAddress: string;
}

/** `up`: sets it up. */
interface LinkChange {
  readonly index?: number;
  readonly isSetUp?: boolean;
}

/** struct ifinfomsg */
function linkHead({ index = 0, isSetUp = false }: LinkChange): Buffer {
  const head = Buffer.alloc(16);
  head.writeInt32LE(index, 4);
  if (isSetUp) {
    head.writeUInt32LE(IFF_UP, 8);
    head.writeUInt32LE(IFF_UP, 12);
  }
  return head;
}

export function newBridge(name: string, macAddress: string): Request {
  return {
    type: RTM_NEWLINK,
    flags: MAKE,
    head: linkHead({}),
    attributes: [
      { type: IFLA_IFNAME, value: text(name) },
      { type: IFLA_ADDRESS, value: macBytes(macAddress) },
      { type: IFLA_LINKINFO, value: [{ type: IFLA_INFO_KIND, value: Buffer.from('bridge') }] },
    ],
  };
}

export interface VethPair {
  /** In the network namespace of the socket. */
  readonly name: string;
  /** Index of the bridge there that it belongs to. */
  readonly master: number;
  readonly mtu: number;
  readonly peer: {
    readonly name: string;
    readonly macAddress: string;
    /** Descriptor, of the process that sends, of the network namespace that it is made in. */
    readonly namespace: number;
  };
}

export function newVethPair({ name, master, mtu, peer }: VethPair): Request {
  const peerAttributes: Attribute[] = [
    { type: IFLA_IFNAME, value: text(peer.name) },
    { type: IFLA_ADDRESS, value: macBytes(peer.macAddress) },
    { type: IFLA_MTU, value: uint32(mtu) },
    { type: IFLA_NET_NS_FD, value: uint32(peer.namespace) },
  ];
  return {
    type: RTM_NEWLINK,
    flags: MAKE,
    head: linkHead({ isSetUp: true }),
    attributes: [
      { type: IFLA_IFNAME, value: text(name) },
      { type: IFLA_MTU, value: uint32(mtu) },
      { type: IFLA_MASTER, value: uint32(master) },
      {
        type: IFLA_LINKINFO,
        value: [
          { type: IFLA_INFO_KIND, value: Buffer.from('veth') },
          {
            type: IFLA_INFO_DATA,
            value: [{ type: VETH_INFO_PEER, value: [linkHead({}), ...peerAttributes] }],
          },
        ],
      },
    ],
  };
}

export function setLinkUp(index: number): Request {
  return { type: RTM_NEWLINK, flags: CHANGE, head: linkHead({ index, isSetUp: true }), attributes: [] };
}

export function deleteLink(index: number): Request {
  return { type: RTM_DELLINK, flags: CHANGE, head: linkHead({ index }), attributes: [] };
}

/** Every link of the namespace. */
export function listLinks(): Request {
  return { type: RTM_GETLINK, flags: NLM_F_REQUEST | NLM_F_DUMP, head: linkHead({}), attributes: [] };
}

export interface LinkAddress {
  readonly index: number;
  readonly address: Ipv4;
  readonly prefixLength: number;
  readonly broadcast: Ipv4;
}

export function newAddress({ index, address, prefixLength, broadcast }: LinkAddress): Request {
  // struct ifaddrmsg
  const head = Buffer.alloc(8);
  head.writeUInt8(AF_INET, 0);
  head.writeUInt8(prefixLength, 1);
  head.writeUInt32LE(index, 4);
  return {
    type: RTM_NEWADDR,
    flags: MAKE,
    head,
    attributes: [
      { type: IFA_LOCAL, value: addressBytes(address) },
      { type: IFA_ADDRESS, value: addressBytes(address) },
      { type: IFA_BROADCAST, value: addressBytes(broadcast) },
    ],
  };
}

export function newDefaultRoute(index: number, gateway: Ipv4): Request {
  // struct rtmsg
  const head = Buffer.alloc(12);
  head.writeUInt8(AF_INET, 0);
  head.writeUInt8(RT_TABLE_MAIN, 4);
  head.writeUInt8(RTPROT_BOOT, 5);
  head.writeUInt8(RT_SCOPE_UNIVERSE, 6);
  head.writeUInt8(RTN_UNICAST, 7);
  return {
    type: RTM_NEWROUTE,
    flags: MAKE,
    head,
    attributes: [
      { type: RTA_GATEWAY, value: addressBytes(gateway) },
      { type: RTA_OIF, value: uint32(index) },
    ],
  };
}

/** Undefined for a message about something else. */
export function linkOf({ type, body }: ReceivedMessage): Link | undefined {
  if (type !== RTM_NEWLINK || body.length < 16) return undefined;
  const attributes = decodeAttributes(body.subarray(16));
  return {
    index: body.readInt32LE(4),
    name: attributes.get(IFLA_IFNAME)?.toString('latin1').replace(/\0.*$/s, '') ?? '',
    isUp: (body.readUInt32LE(8) & IFF_UP) !== 0,
    macAddress: macText(attributes.get(IFLA_ADDRESS) ?? Buffer.alloc(0)),
  };
}

function macBytes(macAddress: string): Buffer {
  return Buffer.from(macAddress.replaceAll(':', ''), 'hex');
}

function macText(bytes: Buffer): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
