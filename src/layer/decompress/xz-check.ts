// The integrity checks of xz blocks: none, CRC32, CRC64 (ECMA-182), SHA-256. xz file format, section 3.4.
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

export interface XzCheck {
  /** Bytes behind a block. */
  readonly size: number;
  update(data: Buffer): void;
  /** Whether `stored` is right; true for kinds that are not known, which the format says to skip. */
  matches(stored: Buffer): boolean;
}

/** Bytes of the check by its number. */
const SIZES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64] as const;

const POLYNOMIAL = 0xc96c5795d7870f42n;

/** Low and high 32 bits of the table of CRC64, one after the other. */
const CRC64 = Int32Array.from({ length: 512 }, (_, i) => {
  let crc = BigInt(i >> 1);
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ POLYNOMIAL : crc >> 1n;
  return Number(BigInt.asIntN(32, i % 2 === 0 ? crc : crc >> 32n));
});

function crc64Check(): XzCheck {
  let low = -1;
  let high = -1;
  return {
    size: 8,
    update(data) {
      for (const byte of data) {
        const place = ((low ^ byte) & 0xff) << 1;
        low = ((low >>> 8) | (high << 24)) ^ CRC64[place]!;
        high = (high >>> 8) ^ CRC64[place + 1]!;
      }
    },
    matches: (stored) => stored.readInt32LE(0) === ~low && stored.readInt32LE(4) === ~high,
  };
}

function crc32Check(): XzCheck {
  let crc = 0;
  return {
    size: 4,
    update(data) {
      crc = crc32(data, crc);
    },
    matches: (stored) => stored.readUInt32LE(0) === crc,
  };
}

function sha256Check(): XzCheck {
  const hash = createHash('sha256');
  return {
    size: 32,
    update: (data) => void hash.update(data),
    matches: (stored) => hash.digest().equals(stored),
  };
}

/** @param kind 0..15, from the stream flags */
export function createXzCheck(kind: number): XzCheck {
  if (kind === 1) return crc32Check();
  if (kind === 4) return crc64Check();
  if (kind === 10) return sha256Check();
  return { size: SIZES[kind] ?? 0, update: () => {}, matches: () => true };
}
