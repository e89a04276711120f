// Tars that no honest tool writes: every field can be chosen, right or wrong.
import { Buffer } from 'node:buffer';

const TYPE_FLAGS = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  dir: '5',
  fifo: '6',
  sparse: 'S',
} as const;

export interface EvilEntry {
  /** UTF-8; longer than 100 bytes it is written as a GNU long name, unless a PAX `path` says it. */
  readonly name: string;
  readonly type?: keyof typeof TYPE_FLAGS;
  readonly link?: string;
  readonly content?: string | Uint8Array;
  /** What the header says, whatever `content` is. Negative and huge ones are written in base 256. */
  readonly size?: bigint;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  readonly pax?: Readonly<Record<string, string>>;
  /** The GNU long name and link before the header. */
  readonly longName?: string;
  readonly longLink?: string;
  readonly devices?: readonly [major: number, minor: number];
}

const BLOCK = 512;

function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)]);
}

function writeNumber(block: Buffer, start: number, length: number, value: bigint): void {
  if (value >= 0n && value < 8n ** BigInt(length - 1)) {
    block.write(value.toString(8).padStart(length - 1, '0'), start, 'latin1');
    return;
  }
  let rest = BigInt.asUintN(8 * length, value);
  for (let i = length - 1; i >= 0; i--) {
    block[start + i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  block[start]! |= 0x80;
}

function headerOf(flag: string, entry: EvilEntry, size: bigint): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(entry.name, 0, 100, 'utf8');
  writeNumber(block, 100, 8, BigInt(entry.mode ?? (entry.type === 'dir' ? 0o755 : 0o644)));
  writeNumber(block, 108, 8, BigInt(entry.uid ?? 0));
  writeNumber(block, 116, 8, BigInt(entry.gid ?? 0));
  writeNumber(block, 124, 12, size);
  writeNumber(block, 136, 12, BigInt(entry.mtime ?? 1_600_000_000));
  block.write(flag, 156, 'latin1');
  block.write(entry.link ?? '', 157, 100, 'utf8');
  block.write('ustar\x0000', 257, 'latin1');
  const [major, minor] = entry.devices ?? [0, 0];
  writeNumber(block, 329, 8, BigInt(major));
  writeNumber(block, 337, 8, BigInt(minor));
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function extension(flag: 'L' | 'K' | 'x', data: Buffer): Buffer {
  const name = flag === 'x' ? 'PaxHeaders/x' : '././@LongLink';
  return Buffer.concat([headerOf(flag, { name }, BigInt(data.length)), padded(data)]);
}

/** One record `<length> <key>=<value>\n`. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function isLong(text: string | undefined): text is string {
  return text !== undefined && Buffer.byteLength(text) > 100;
}

/** One entry with the extended headers before it and the content behind it. */
export function evilEntry(entry: EvilEntry): Buffer {
  const content = Buffer.from(entry.content ?? '');
  const longName = entry.longName ?? (isLong(entry.name) ? entry.name : undefined);
  const longLink = entry.longLink ?? (isLong(entry.link) ? entry.link : undefined);
  return Buffer.concat([
    ...(longName === undefined ? [] : [extension('L', Buffer.from(`${longName}\0`))]),
    ...(longLink === undefined ? [] : [extension('K', Buffer.from(`${longLink}\0`))]),
    ...(entry.pax
      ? [
          extension(
            'x',
            Buffer.concat(Object.entries(entry.pax).map(([key, value]) => paxRecord(key, value))),
          ),
        ]
      : []),
    headerOf(TYPE_FLAGS[entry.type ?? 'file'], entry, entry.size ?? BigInt(content.length)),
    padded(content),
  ]);
}

/** The whole archive with its end mark. */
export function evilTar(entries: readonly EvilEntry[]): Buffer {
  return Buffer.concat([...entries.map(evilEntry), Buffer.alloc(2 * BLOCK)]);
}
