// Builds that write to one scope of a registry at the same time: what each adds is there in the end.
import type { ExecutionContext } from 'ava';
import { decodePack } from '../../src/cache/remote/pack-format.js';
import { publishPack } from '../../src/cache/remote/publish-pack.js';
import type { PackRecord } from '../../src/cache/remote/pack.js';
import { packBlob, packsAt } from '../support/pack-places.js';
import { packOf, recordOf } from '../support/packs.js';
import { startRealRegistry } from '../support/real-registry.js';
import { testNeeding } from '../support/requirements.js';

const WRITERS = 8;
const ROUNDS = 3;
const RULES = { today: 20_000, maxBytes: 1e9, mountsMaxBytes: 0 };
const { signal } = new AbortController();

const withRegistry = testNeeding('registry');

withRegistry('docker-registry: eight that write at once lose nothing within three rounds', async (t) => {
  const registry = await startRealRegistry();
  t.teardown(() => registry.stop());
  const ref = `${registry.host}/team/cache:dev`;
  const { outgoing, layer } = packBlob('layer');
  await packsAt(t, ref).putBlob(outgoing, signal);
  const records = Array.from({ length: WRITERS }, (_, i) => ({
    ...recordOf(`step ${i}`),
    ...layer,
    size: 5,
  }));
  let lost: readonly PackRecord[] = records;
  for (let round = 0; round < ROUNDS && lost.length > 0; round++) {
    await Promise.all(records.map((record) => publish(t, ref, record)));
    const found = await packsAt(t, ref).read(signal);
    const keys = found.kind === 'pack' ? decodePack(found.bytes).records.map(({ key }) => key) : [];
    lost = records.filter(({ key }) => !keys.includes(key));
  }
  t.deepEqual(lost, []);
});

/** A client of its own each time, as another machine has one. */
async function publish(t: ExecutionContext, ref: string, record: PackRecord): Promise<void> {
  const { outcome } = await publishPack({
    store: packsAt(t, ref),
    rules: RULES,
    keys: undefined,
    add: async () => packOf([record]),
    signal,
    now: () => performance.now() / 1000,
    note: (message) => t.log(message),
  });
  t.not(outcome, 'outrun');
}
