// What every place of a remote cache promises. A place is opened anew by each client: what one has written, another
// reads.
import test, { type ExecutionContext } from 'ava';
import { createHash } from 'node:crypto';
import type { FoundPack, PackStore } from '../../src/cache/remote/pack-store.js';
import type { Digest } from '../../src/core/digest.js';
import { TsbuildError } from '../../src/core/errors.js';
import type { OutgoingBlob } from '../../src/registry/writer.js';
import { blobOf, packOf, pieces, publishAll } from '../support/packs-to-publish.js';

/** A place that is empty at first. */
export interface PlaceForTest {
  /** One more client of it. */
  open(scope: string): Promise<PackStore>;
  /** Takes a blob away, as clean-up by others does. Absent where nobody can. */
  removeBlob?(digest: Digest): Promise<void>;
  /** Puts other bytes of the same length in the place of a blob. */
  damageBlob?(digest: Digest, bytes: Buffer): Promise<void>;
  /** Whether a writer that comes too late is told so at once. */
  readonly tellsLateWriters: boolean;
  /** Whether of writers at the very same time only one gets through. */
  readonly isAtomic?: boolean;
}

const signal = new AbortController().signal;

async function readBlob(store: PackStore, { descriptor }: OutgoingBlob): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const chunk of store.openBlob(descriptor, signal)) hash.update(chunk);
  return `sha256:${hash.digest('hex')}` as Digest;
}

function revisionOf(found: FoundPack): string | undefined {
  return found.kind === 'nothing' ? undefined : found.revision;
}

const LARGE = Buffer.alloc(3 << 20, 'layer');
const SMALL = Buffer.from('small layer');

/** Registers the rows; `create` makes a place for each, which ends with the test. */
export function packStoreSuite(
  name: string,
  create: (t: ExecutionContext) => Promise<PlaceForTest>,
  given: (title: string, work: (t: ExecutionContext) => Promise<void>) => void = test,
): void {
  const row = (title: string, work: (t: ExecutionContext, place: PlaceForTest) => Promise<unknown>): void =>
    given(`${name}: ${title}`, async (t) => {
      await work(t, await create(t));
    });

  row('a place without packs gives nothing', async (t, place) => {
    t.deepEqual(await (await place.open('main')).read(signal), { kind: 'nothing' });
  });

  row('what one publishes, another reads: pack, signature, layers', async (t, place) => {
    const writer = await place.open('main');
    const blobs = [blobOf(LARGE), blobOf(SMALL)];
    t.true(await publishAll(writer, packOf('records', blobs, 'c2lnbmVk'), blobs, undefined));
    const reader = await place.open('main');
    const found = await reader.read(signal);
    t.is(found.kind, 'pack');
    if (found.kind !== 'pack') return;
    t.is(found.bytes.toString(), 'records');
    t.is(found.signature, 'c2lnbmVk');
    for (const blob of blobs) t.is(await readBlob(reader, blob), blob.descriptor.digest);
    await writer.close?.();
    await reader.close?.();
  });

  row('a pack takes the place of the one that was seen', async (t, place) => {
    const blobs = [blobOf(SMALL)];
    const writer = await place.open('main');
    await publishAll(writer, packOf('first', blobs), blobs, undefined);
    const next = await place.open('main');
    const seen = revisionOf(await next.read(signal));
    t.true(await publishAll(next, packOf('second', blobs), blobs, seen));
    const found = await (await place.open('main')).read(signal);
    t.is(found.kind === 'pack' && found.bytes.toString(), 'second');
    t.not(revisionOf(found), seen);
  });

  row('a blob that is there is not sent again', async (t, place) => {
    const first = blobOf(SMALL);
    await publishAll(await place.open('main'), packOf('first', [first]), [first], undefined);
    const again = blobOf(SMALL);
    const reader = await place.open('main');
    await reader.read(signal);
    await reader.putBlob(again, signal);
    t.is(again.opened(), 0);
  });

  row('of two writers the one that comes late does not take the place of the other', async (t, place) => {
    const one = await place.open('main');
    const other = await place.open('main');
    const seen = [await one.read(signal), await other.read(signal)].map(revisionOf);
    const blobs = [blobOf(SMALL)];
    t.true(await publishAll(one, packOf('one', blobs), blobs, seen[0]));
    const isTaken = await publishAll(other, packOf('other', blobs), blobs, seen[1]);
    if (!place.tellsLateWriters) return t.pass();
    t.false(isTaken);
    const found = await (await place.open('main')).read(signal);
    t.is(found.kind === 'pack' && found.bytes.toString(), 'one');
  });

  row('writers at the same time that add to what they see lose nothing', async (t, place) => {
    if (!place.isAtomic) return t.pass();
    const own = ['a', 'b', 'c', 'd'].map((letter) => blobOf(Buffer.from(`layer ${letter}`)));
    const byDigest = new Map(own.map((blob) => [String(blob.descriptor.digest), blob]));
    const write = async (blob: OutgoingBlob): Promise<void> => {
      const store = await place.open('main');
      for (let isPublished = false; !isPublished;) {
        const found = await store.read(signal);
        const there = found.kind === 'pack' ? (JSON.parse(found.bytes.toString()) as string[]) : [];
        const names = [...new Set([...there, blob.descriptor.digest])];
        const blobs = names.map((digest) => byDigest.get(digest)!);
        await store.putBlob(blob, signal);
        isPublished = await store.publish(packOf(JSON.stringify(names), blobs), revisionOf(found), signal);
      }
    };
    await Promise.all(own.map(write));
    const reader = await place.open('main');
    const found = await reader.read(signal);
    t.is(found.kind === 'pack' && (JSON.parse(found.bytes.toString()) as string[]).length, 4);
    for (const blob of own) t.is(await readBlob(reader, blob), blob.descriptor.digest);
  });

  row('scopes have packs of their own', async (t, place) => {
    const blobs = [blobOf(SMALL)];
    await publishAll(await place.open('main'), packOf('of main', blobs), blobs, undefined);
    t.is((await (await place.open('pr-12')).read(signal)).kind, 'nothing');
    await publishAll(await place.open('pr-12'), packOf('of pr-12', []), [], undefined);
    const main = await place.open('main');
    const found = await main.read(signal);
    t.is(found.kind === 'pack' && found.bytes.toString(), 'of main');
    t.is(await readBlob(main, blobs[0]!), blobs[0]!.descriptor.digest);
  });

  row('a blob that is gone is a failure that says so', async (t, place) => {
    if (!place.removeBlob) return t.pass();
    const blobs = [blobOf(SMALL)];
    await publishAll(await place.open('main'), packOf('records', blobs), blobs, undefined);
    await place.removeBlob(blobs[0]!.descriptor.digest);
    const reader = await place.open('main');
    t.is((await reader.read(signal)).kind, 'pack');
    await t.throwsAsync(readBlob(reader, blobs[0]!), { instanceOf: TsbuildError });
  });

  row('records that are damaged or gone are no pack', async (t, place) => {
    if (!place.removeBlob || !place.damageBlob) return t.pass();
    const pack = packOf('records', []);
    await publishAll(await place.open('main'), pack, [], undefined);
    await place.damageBlob(pack.packed.digest, Buffer.from('sdrocer'));
    t.like(await (await place.open('main')).read(signal), { kind: 'other', isCache: true });
    await place.removeBlob(pack.packed.digest);
    const gone = await (await place.open('main')).read(signal);
    t.like(gone, { kind: 'other', isCache: true });
    // It is replaced by what is published next.
    if (gone.kind !== 'nothing') await publishAll(await place.open('main'), pack, [], gone.revision);
    t.is((await (await place.open('main')).read(signal)).kind, 'pack');
  });

  row('bytes that are not those of their digest do not become a blob', async (t, place) => {
    const honest = blobOf(SMALL);
    const forged = { ...honest, open: () => pieces(Buffer.from('SMALL LAYER')) };
    const writer = await place.open('main');
    const refused = await t.throwsAsync(publishAll(writer, packOf('records', [forged]), [forged], undefined));
    t.true(refused instanceof TsbuildError);
    await t.throwsAsync(readBlob(await place.open('main'), honest), { instanceOf: TsbuildError });
  });

  row('what making a blob throws is thrown', async (t, place) => {
    const failing: OutgoingBlob = {
      ...blobOf(SMALL),
      async *open() {
        yield Buffer.from('small');
        throw new TsbuildError('STORE_CORRUPT', 'the layer is damaged');
      },
    };
    const writer = await place.open('main');
    const blobs = [failing];
    await t.throwsAsync(publishAll(writer, packOf('records', blobs), blobs, undefined), {
      code: 'STORE_CORRUPT',
    });
  });

  row('a build that is interrupted asks nothing more', async (t, place) => {
    const store = await place.open('main');
    const aborted = AbortSignal.abort();
    await t.throwsAsync(store.read(aborted), { code: 'ABORTED' });
    await t.throwsAsync(store.putBlob(blobOf(SMALL), aborted), { code: 'ABORTED' });
  });
}
