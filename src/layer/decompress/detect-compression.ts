// Tells how a stream is compressed from its first bytes, as Docker and BuildKit do; names and media types are not
// trusted.

export type Compression = 'none' | 'gzip' | 'zstd' | 'bzip2' | 'xz';

/** As many first bytes as `detectCompression` looks at. */
export const MAGIC_BYTES = 6;

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

/** RFC 8878 section 3.1.2: sixteen magic numbers start a frame to be skipped. */
function isSkippableFrame(bytes: Uint8Array): boolean {
  return ((bytes[0] ?? 0) & 0xf0) === 0x50 && startsWith(bytes.subarray(1), [0x2a, 0x4d, 0x18]);
}

/** `none` for anything unknown, also for a stream too short to tell. */
export function detectCompression(firstBytes: Uint8Array): Compression {
  if (startsWith(firstBytes, [0x1f, 0x8b, 0x08])) return 'gzip';
  if (startsWith(firstBytes, [0x28, 0xb5, 0x2f, 0xfd]) || isSkippableFrame(firstBytes)) return 'zstd';
  if (startsWith(firstBytes, [0x42, 0x5a, 0x68])) return 'bzip2';
  if (startsWith(firstBytes, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])) return 'xz';
  return 'none';
}
