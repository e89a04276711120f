// Packs in the cache of GitHub Actions: an entry for the records and an entry for the layers that are sent, which is a
// tar. The service counts entries, not bytes, so there are never more than two for each time a pack is published.
// Invariant: the entry of the records comes last, and names entries that are whole.
import { hexOf, type Digest } from '../../../core/digest.js';
import { TsbuildError } from '../../../core/errors.js';
import type { Transport } from '../../../registry/transport.js';
import type { OutgoingBlob } from '../../../registry/writer.js';
import type { FoundPack, PackStore, PackToPublish } from '../pack-store.js';
import { verifiedBody } from '../verified-body.js';
import type { SentPart } from './block-upload.js';
import { ghaAccess, type GhaPlace } from './gha-access.js';
import { createGhaEntry, type GhaEntryWriter } from './gha-entry.js';
import { ghaLayers } from './gha-layers.js';
import { formatGhaRecords, MAX_RECORDS_BYTES, parseGhaRecords, type BlobPlace } from './gha-records.js';
import { ghaService, type GhaConnection } from './gha-service.js';
import { END_OF_TAR, TAR_HEADER_BYTES, tarHeader, tarPadding } from './tar-file.js';

export interface GhaTools {
  readonly env: NodeJS.ProcessEnv;
  transport(): Promise<Transport>;
  note(message: string): void;
}

/** The entry of the layers that are being sent. */
interface LayersEntry {
  readonly writer: GhaEntryWriter;
  readonly sent: { readonly digest: Digest; readonly part: SentPart }[];
}

/** Nothing is asked of it yet; outside of a job each call throws CACHE_UNAVAILABLE. */
export function openGhaPackStore(
  place: GhaPlace,
  scope: string,
  { env, note, ...tools }: GhaTools,
): PackStore {
  const name = `the cache of GitHub Actions, scope ${scope}`;
  // `#` is encoded in a scope: no scope is the beginning of another one.
  const prefix = `tsbuild-${encodeURIComponent(scope)}#`;
  const run = `${env['GITHUB_RUN_ID'] ?? '0'}-${env['GITHUB_RUN_ATTEMPT'] ?? '1'}`;
  const connect = async (): Promise<GhaConnection> => {
    const access = ghaAccess(place, env);
    const transport = await tools.transport();
    return { transport, service: ghaService(access, transport) };
  };
  const layers = ghaLayers(name, connect);
  let current: Promise<LayersEntry | undefined> | undefined;
  let isDenied = false;

  /** Told once: a run that may only read is no failure. */
  const deny = (said: string): void => {
    if (!isDenied)
      note(
        `nothing is written to ${name}: ${said} (runs of untrusted triggers may only read; to others the job gives it with permissions: actions: write)`,
      );
    isDenied = true;
  };
  const mayWrite = (): boolean => {
    if (!ghaAccess(place, env).isWritable) deny('the token of the job may only read');
    return !isDenied;
  };
  const createEntry = async (start: string, signal: AbortSignal): Promise<GhaEntryWriter | undefined> => {
    const created = await createGhaEntry(await connect(), `${start}${run}`, signal);
    if ('denied' in created) deny(created.denied);
    return 'denied' in created ? undefined : created;
  };
  const openLayersEntry = async (signal: AbortSignal): Promise<LayersEntry | undefined> => {
    const writer = await createEntry('tsbuild-layers#', signal);
    return writer && { writer, sent: [] };
  };
  const send = async (blob: OutgoingBlob, signal: AbortSignal): Promise<void> => {
    const opening = (current ??= openLayersEntry(signal));
    // A failure is not kept: the next layer asks again.
    opening.catch(() => (current = undefined));
    const entry = await opening;
    if (!entry) return;
    const part = await entry.writer.send(tarFile(blob, signal), signal);
    entry.sent.push({ digest: blob.descriptor.digest, part });
  };
  const isSent = async (digest: Digest): Promise<boolean> =>
    (await current?.catch(() => undefined))?.sent.some((one) => one.digest === digest) ?? false;
  /** Ends the entry of the layers, and notes where they lie in it. */
  const finishLayers = async (signal: AbortSignal): Promise<void> => {
    const entry = await current;
    current = undefined;
    if (!entry || entry.sent.length === 0) return;
    const { writer, sent } = entry;
    const end = await writer.send(once(END_OF_TAR), signal);
    await writer.finish([...sent.map(({ part }) => part), end], signal);
    let start = 0;
    for (const { digest, part } of sent) {
      layers.add([[digest, { entry: writer.key, offset: start + TAR_HEADER_BYTES }]]);
      start += part.size;
    }
  };
  const placesOf = (pack: PackToPublish): ReadonlyMap<Digest, BlobPlace> =>
    new Map(
      pack.layers.map(({ blob: { digest } }) => {
        const known = layers.places.get(digest);
        if (known) return [digest, known];
        throw new TsbuildError('CACHE_UNAVAILABLE', `${name}: the layer ${digest} is not there`);
      }),
    );
  const publishRecords = async (pack: PackToPublish, signal: AbortSignal): Promise<void> => {
    const places = placesOf(pack);
    const { packed, signature } = pack;
    const signed = signature === undefined ? {} : { signature };
    const bytes = formatGhaRecords({ packed: packed.bytes, places, ...signed });
    const entry = await createEntry(prefix, signal);
    if (!entry) return;
    await entry.finish([await entry.send(once(bytes), signal)], signal);
    await layers.keep(
      [...places.values()].map((one) => one.entry),
      signal,
    );
  };

  return {
    name,
    async read(signal): Promise<FoundPack> {
      refuseAborted(signal);
      if (!ghaAccess(place, env).isReadable) return { kind: 'nothing' };
      const { service, transport } = await connect();
      const found = await service.find(prefix, { isPrefix: true }, signal);
      if (!found) return { kind: 'nothing' };
      const request = { maxBytes: MAX_RECORDS_BYTES, isGuarded: true, signal };
      const { status, bytes } = await transport.fetchDocument(found.downloadUrl, request);
      if (status !== 200)
        throw new TsbuildError('CACHE_UNAVAILABLE', `${name}: cannot be read: status ${status}`);
      const revision = found.key;
      const records = parseGhaRecords(bytes, name);
      if (!records) return { kind: 'other', what: 'an entry that tsbuild did not write', revision };
      layers.add(records.places);
      const { packed, signature } = records;
      return { kind: 'pack', bytes: packed, revision, ...(signature === undefined ? {} : { signature }) };
    },
    openBlob: layers.open,
    async putBlob(blob, signal) {
      refuseAborted(signal);
      const { digest } = blob.descriptor;
      if (!mayWrite() || (await isSent(digest)) || (await layers.isThere(digest, signal))) return;
      await send(blob, signal);
    },
    async publish(pack, seen, signal) {
      refuseAborted(signal);
      if (!mayWrite()) return true;
      const { service } = await connect();
      const newest = await service.find(prefix, { isPrefix: true }, signal);
      if (newest?.key !== seen) return false;
      await finishLayers(signal);
      if (!isDenied) await publishRecords(pack, signal);
      return true;
    },
  };
}

function refuseAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new TsbuildError('ABORTED', 'interrupted', { cause: signal.reason });
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** A layer as a file of a tar. */
async function* tarFile({ descriptor, open }: OutgoingBlob, signal: AbortSignal): AsyncGenerator<Buffer> {
  const { digest, size } = descriptor;
  yield tarHeader(`blobs/sha256/${hexOf(digest)}`, size);
  yield* verifiedBody(descriptor, open(signal), signal);
  yield tarPadding(size);
}
