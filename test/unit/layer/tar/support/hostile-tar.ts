// Builds tar archives byte by byte, also ones that no writer would make. Independent of the codec under test.

export interface HostileEntry {
  readonly name: string | Buffer;
  readonly type?: string;
  readonly linkname?: string | Buffer;
  readonly data?: Buffer | string;
  /** The size field as it stands, 12 bytes at most; the octal length of `data` by default. */
  readonly sizeField?: Buffer | string;
  readonly mode?: string;
  readonly uid?: Buffer | string;
  readonly mtime?: Buffer | string;
  readonly devMajor?: string;
  readonly devMinor?: string;
  readonly prefix?: string;
  readonly magic?: string;
  /** Put in place of the right checksum. */
  readonly checksum?: string;
}

function field(block: Buffer, start: number, value: Buffer | string): void {
  Buffer.from(value as string, 'latin1').copy(block, start);
}

export function header(entry: HostileEntry): Buffer {
  const block = Buffer.alloc(512);
  const data = Buffer.from(entry.data ?? '');
  field(block, 0, typeof entry.name === 'string' ? Buffer.from(entry.name) : entry.name);
  field(block, 100, entry.mode ?? '0000644\0');
  field(block, 108, entry.uid ?? '0000000\0');
  field(block, 116, '0000000\0');
  field(block, 124, entry.sizeField ?? `${data.length.toString(8).padStart(11, '0')}\0`);
  field(block, 136, entry.mtime ?? '00000000000\0');
  block.write(entry.type ?? '0', 156, 'latin1');
  field(block, 157, entry.linkname ?? '');
  field(block, 257, entry.magic ?? 'ustar\x0000');
  field(block, 329, entry.devMajor ?? '');
  field(block, 337, entry.devMinor ?? '');
  field(block, 345, entry.prefix ?? '');
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(entry.checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

export function entry(entry: HostileEntry): Buffer {
  const data = Buffer.from(entry.data ?? '');
  return Buffer.concat([header(entry), data, Buffer.alloc((512 - (data.length % 512)) % 512)]);
}

export function record(key: string, value: string | Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value as string), Buffer.from('\n')]);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** An extended header in front of the next entry. */
export function pax(records: readonly Buffer[], type = 'x'): Buffer {
  return entry({ name: 'pax', type, data: Buffer.concat(records) });
}

export const END = Buffer.alloc(1024);

export function archive(...parts: readonly (HostileEntry | Buffer)[]): Buffer {
  return Buffer.concat([...parts.map((part) => (Buffer.isBuffer(part) ? part : entry(part))), END]);
}
