// The encoding of SSH: numbers of 32 bits, strings with their length, integers of any size (RFC 4251 section 5). Pure.

export interface WireReader {
  uint32(): number;
  string(): Buffer;
  /** What is left. */
  rest(): Buffer;
}

/** Every method throws RangeError where the bytes end too early. */
export function readWire(bytes: Buffer): WireReader {
  let at = 0;
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) throw new RangeError('truncated');
    at += length;
    return bytes.subarray(at - length, at);
  };
  const uint32 = (): number => take(4).readUInt32BE();
  return { uint32, string: () => take(uint32()), rest: () => bytes.subarray(at) };
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function string(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** A whole number from 0 up, given big-endian: no zeros in front but the one that keeps the sign positive. */
export function mpint(value: Uint8Array): Buffer {
  const first = value.findIndex((byte) => byte !== 0);
  if (first < 0) return string('');
  const bytes = value.subarray(first);
  return string(bytes[0]! < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]));
}
