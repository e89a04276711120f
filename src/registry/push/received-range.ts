// How much of an upload a registry says that it has: the Range of an answer to PATCH (distribution-spec, end-5). Pure.

/**
 * Bytes from the first one on. Undefined when the header is absent or not understood. `0-0` stands for one byte and, in
 * docker-registry, for none: none is taken, unless `sent` is one.
 */
export function receivedBytes(range: string | null, sent: number): number | undefined {
  const [, start, end] = /^(?:bytes=)?(\d{1,16})-(\d{1,16})$/.exec((range ?? '').trim()) ?? [];
  if (start === undefined || end === undefined || Number(start) !== 0) return undefined;
  if (Number(end) === 0) return sent === 1 ? 1 : 0;
  return Number(end) + 1;
}
