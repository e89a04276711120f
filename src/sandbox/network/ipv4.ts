// Addresses of IPv4 as numbers from 0 to 2^32 - 1, and blocks of them. Pure.

/** The address as a number; its first byte is the highest. */
export type Ipv4 = number;

/** A block of CIDR. */
export interface Ipv4Block {
  /** The first address of the block. */
  readonly first: Ipv4;
  /** 0 to 32. */
  readonly prefixLength: number;
}

/** `192.0.2.1`, with decimal numbers that have no leading zeros. Undefined for any other text. */
export function parseIpv4(text: string): Ipv4 | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  if (bytes.some((byte) => byte > 255)) return undefined;
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

export function ipv4Text(address: Ipv4): string {
  return [...addressBytes(address)].join('.');
}

/** In the order of the network. */
export function addressBytes(address: Ipv4): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(address);
  return bytes;
}

/** `172.18.0.0/16`; bits behind the prefix are cut off. Undefined for any other text. */
export function parseBlock(text: string): Ipv4Block | undefined {
  const [, address = '', length = ''] = /^([\d.]+)\/(0|[1-9]\d?)$/.exec(text) ?? [];
  const parsed = parseIpv4(address);
  const prefixLength = Number(length);
  if (parsed === undefined || length === '' || prefixLength > 32) return undefined;
  return { first: parsed - (parsed % sizeOf({ prefixLength })), prefixLength };
}

export function blockText({ first, prefixLength }: Ipv4Block): string {
  return `${ipv4Text(first)}/${prefixLength}`;
}

/** Number of addresses. */
export function sizeOf({ prefixLength }: Pick<Ipv4Block, 'prefixLength'>): number {
  return 2 ** (32 - prefixLength);
}

export function lastOf(block: Ipv4Block): Ipv4 {
  return block.first + sizeOf(block) - 1;
}

export function contains(block: Ipv4Block, address: Ipv4): boolean {
  return address >= block.first && address <= lastOf(block);
}

export function overlap(a: Ipv4Block, b: Ipv4Block): boolean {
  return contains(a, b.first) || contains(b, a.first);
}
