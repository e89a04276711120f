// Byte strings: file names are bytes, not text. A ByteString is a JavaScript string in which every char code is one
// byte (latin1), so that names that are not UTF-8 survive, a plain `<` sorts bytewise, and Map keys work.

declare const brand: unique symbol;
export type ByteString = string & { readonly [brand]: 'ByteString' };

/**
 * What Node takes for text, as paths of this machine are: any string but a ByteString, whose bytes would be encoded a
 * second time.
 */
export type Text = string & { readonly [brand]?: 'Text' };

/** Text to the bytes of its UTF-8 form. */
export function fromUtf8(text: Text): ByteString {
  // Most names are ASCII, whose UTF-8 form is the string itself.
  return (/^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1')) as ByteString;
}

/** For messages and JSON: invalid UTF-8 becomes U+FFFD. */
export function toUtf8(bytes: ByteString): string {
  return /^[\x00-\x7f]*$/.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}

export function fromBuffer(buffer: Uint8Array): ByteString {
  return Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength).toString('latin1') as ByteString;
}

/** A path for `node:fs`. Text is cheaper than a Buffer and means the same as long as it is ASCII. */
export function toPath(bytes: ByteString): string | Buffer {
  return /^[\x00-\x7f]*$/.test(bytes) ? bytes : toBuffer(bytes);
}

export function toBuffer(bytes: ByteString): Buffer {
  return Buffer.from(bytes, 'latin1');
}

/** Order of bytes, as `memcmp` gives it. */
export function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
