// What the processes of the sandbox say to each other over socket pairs: frames of two 32-bit little-endian lengths,
// JSON, and the bytes that JSON cannot hold. Not a structured clone: node:v8 takes a fifth of the start of a process,
// and Node's own channel loads it.

const HEAD_BYTES = 8;
const BYTES = '$bytes';
const INFINITE = '$infinite';

type Plain =
  string | number | boolean | null | undefined | readonly Plain[] | { readonly [key: string]: Plain };

/** Members that are undefined are left out. */
export function encodeFrame<Message extends object>(message: Message): Buffer {
  const parts: Uint8Array[] = [];
  const body = Buffer.from(JSON.stringify(withoutBytes(message, parts)));
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head.writeUInt32LE(body.length, 0);
  head.writeUInt32LE(
    parts.reduce((sum, part) => sum + part.length, 0),
    4,
  );
  return Buffer.concat([head, body, ...parts]);
}

/** The value, in which the length stands for each array of bytes. */
function withoutBytes(value: unknown, parts: Uint8Array[]): Plain {
  if (value === Infinity) return { [INFINITE]: true };
  if (typeof value !== 'object' || value === null) return value as Plain;
  if (value instanceof Uint8Array) {
    parts.push(value);
    return { [BYTES]: value.length };
  }
  if (Array.isArray(value)) return value.map((item) => withoutBytes(item, parts));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutBytes(member, parts)]));
}

/** Collects chunks and hands out whole messages. Arrays of bytes come out as Buffers of their own. */
export function frameDecoder<Message>(onMessage: (message: Message) => void): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (let end = frameEnd(pending); end <= pending.length; end = frameEnd(pending)) {
      const frame = pending.subarray(0, end);
      pending = pending.subarray(end);
      onMessage(decodeFrame(frame) as Message);
    }
  };
}

/** Infinity while the lengths are not there. */
function frameEnd(data: Buffer): number {
  return data.length < HEAD_BYTES ? Infinity : HEAD_BYTES + data.readUInt32LE(0) + data.readUInt32LE(4);
}

function decodeFrame(frame: Buffer): unknown {
  let at = HEAD_BYTES + frame.readUInt32LE(0);
  const body = frame.toString('utf8', HEAD_BYTES, at);
  if (!body.includes(BYTES) && !body.includes(INFINITE)) return JSON.parse(body);
  return withBytes(JSON.parse(body), (length) => Buffer.from(frame.subarray(at, (at += length))));
}

function withBytes(value: unknown, next: (length: number) => Buffer): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => withBytes(item, next));
  const members = Object.entries(value);
  const [first] = members;
  if (members.length === 1 && first?.[0] === BYTES) return next(Number(first[1]));
  if (members.length === 1 && first?.[0] === INFINITE) return Infinity;
  return Object.fromEntries(members.map(([key, member]) => [key, withBytes(member, next)]));
}
