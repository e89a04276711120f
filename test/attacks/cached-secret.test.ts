// A secret in a layer that an earlier build made when it was none, or was not looked for.
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attack, type AttackWorld, type Defence } from '../support/attack.js';

const VALUE = 'sk-7f3a9c51e0b84d26';
const secrets = [{ id: 'token', value: Buffer.from(VALUE) }];
const SCANNED: Defence = ['src/cache/run-cached.ts', 'return inspected(cache, work, async () => found);'];
const DELETED: Defence = ['src/cache/run-cached.ts', 'await inspection.remove(layer.diffId);'];

function filesWith(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'latin1' }).filter((path) => {
    const file = join(root, path);
    return lstatSync(file).isFile() && readFileSync(file).includes(VALUE);
  });
}

const lay = (world: AttackWorld): void =>
  world.write({ '.env': `TOKEN=${VALUE}\n`, Dockerfile: 'FROM scratch\nCOPY .env /\nWORKDIR /after\n' });

attack('CWE-532', 'a cached layer with the value of a secret is no hit', SCANNED, async (t, world) => {
  lay(world);
  await world.build({});
  const error = await world.refused({ secrets }, ['SECRET_LEAKED']);
  t.regex(error.message, /secret token is in \/\.env, in the layer of/);
  await world.refused({ secrets }, ['SECRET_LEAKED']);
});

attack('CWE-532', 'nor is one that was not scanned', SCANNED, async (_, world) => {
  lay(world);
  await world.build({ secrets, isSecretScanOff: true });
  await world.refused({ secrets }, ['SECRET_LEAKED']);
});

attack('CWE-532', 'the layer that holds the value is deleted', DELETED, async (t, world) => {
  lay(world);
  const outputs = [
    { type: 'oci', tar: true, dest: join(world.root, 'image.tar'), compression: 'uncompressed' },
  ] as const;
  await world.build({ outputs });
  t.true(filesWith(world.store).length > 0);
  await world.refused({ secrets }, ['SECRET_LEAKED']);
  t.deepEqual(filesWith(world.store), []);
  await world.refused({ secrets, noCache: true }, ['SECRET_LEAKED']);
  t.deepEqual(filesWith(world.store), []);
  await world.build({});
});

attack(
  'CWE-532',
  'a named image that was built with it stays whole',
  ['src/images/remove-layer.ts', 'if (isNamed(store, diffId)) return;'],
  async (t, world) => {
    lay(world);
    await world.build({ tags: ['app:1'] });
    await world.refused({ secrets }, ['SECRET_LEAKED']);
    t.is(filesWith(world.store).length, 1);
  },
);
