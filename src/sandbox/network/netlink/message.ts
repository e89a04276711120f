// Messages of NETLINK_ROUTE as bytes (netlink(7), rtnetlink(7), linux/netlink.h, linux/rtnetlink.h). Pure. Numbers are
// in the order of bytes of this machine, which is little-endian; addresses are in that of the network.
import { constants } from 'node:os';

/** Types of messages. */
const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
export const RTM_GETLINK = 18;
export const RTM_NEWADDR = 20;
export const RTM_NEWROUTE = 24;

/** Flags of messages. */
export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
export const NLM_F_DUMP = 0x300;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;

const HEADER_BYTES = 16;
const ATTRIBUTE_BYTES = 4;
const MAX_ATTRIBUTE_BYTES = 0xffff;
/** Both flags of an attribute's type: nested, and in the order of bytes of the network. */
const TYPE_MASK = 0x3fff;

/** `value`: a list holds attributes; a fixed structure may stand before them. */
export interface Attribute {
  readonly type: number;
  readonly value: AttributeValue;
}
export type AttributeValue = Uint8Array | readonly (Attribute | Uint8Array)[];

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** The structure that the type of message begins with. */
  readonly head: Uint8Array;
  readonly attributes: readonly Attribute[];
}

export interface ReceivedMessage {
  readonly type: number;
  readonly sequence: number;
  readonly body: Buffer;
}

export function encodeMessage({ type, flags, sequence, head, attributes }: NetlinkMessage): Buffer {
  const body = Buffer.concat([padded(head), ...attributes.map(encodeAttribute)]);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(HEADER_BYTES + body.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt32LE(sequence, 8);
  return Buffer.concat([header, body]);
}

/** @throws RangeError for one that is longer than its length can say */
export function encodeAttribute({ type, value }: Attribute): Buffer {
  const data = value instanceof Uint8Array ? value : Buffer.concat(value.map(encodePart));
  const length = ATTRIBUTE_BYTES + data.length;
  if (length > MAX_ATTRIBUTE_BYTES) throw new RangeError(`an attribute of ${length} bytes`);
  const header = Buffer.alloc(ATTRIBUTE_BYTES);
  header.writeUInt16LE(length, 0);
  header.writeUInt16LE(type, 2);
  return Buffer.concat([header, padded(data)]);
}

function encodePart(part: Attribute | Uint8Array): Uint8Array {
  return part instanceof Uint8Array ? padded(part) : encodeAttribute(part);
}

function padded(bytes: Uint8Array): Uint8Array {
  const missing = aligned(bytes.length) - bytes.length;
  return missing === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(missing)]);
}

function aligned(length: number): number {
  return Math.ceil(length / 4) * 4;
}

/** The messages of one packet. What is cut off is left out. */
export function decodeMessages(packet: Buffer): ReceivedMessage[] {
  const messages: ReceivedMessage[] = [];
  for (let at = 0; at + HEADER_BYTES <= packet.length;) {
    const length = packet.readUInt32LE(at);
    if (length < HEADER_BYTES || at + length > packet.length) break;
    messages.push({
      type: packet.readUInt16LE(at + 4),
      sequence: packet.readUInt32LE(at + 8),
      body: packet.subarray(at + HEADER_BYTES, at + length),
    });
    at += aligned(length);
  }
  return messages;
}

/** By type. What is cut off is left out; the last of one type counts. */
export function decodeAttributes(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  for (let at = 0; at + ATTRIBUTE_BYTES <= bytes.length;) {
    const length = bytes.readUInt16LE(at);
    if (length < ATTRIBUTE_BYTES || at + length > bytes.length) break;
    const type = bytes.readUInt16LE(at + 2) & TYPE_MASK;
    attributes.set(type, bytes.subarray(at + ATTRIBUTE_BYTES, at + length));
    at += aligned(length);
  }
  return attributes;
}

/** The errno of an NLMSG_ERROR, positive; 0: it was done. Undefined for other messages. */
export function errorOfMessage({ type, body }: ReceivedMessage): number | undefined {
  if (type !== NLMSG_ERROR) return undefined;
  return body.length < 4 ? constants.errno.EPROTO : 0 - body.readInt32LE(0);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** With the NUL byte at its end. */
export function text(value: string): Buffer {
  return Buffer.from(`${value}\0`, 'latin1');
}
