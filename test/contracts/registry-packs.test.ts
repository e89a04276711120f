// Packs in repositories of registries of each kind, and in one that nobody here wrote: what is written is read again.
import test from 'ava';
import { MEDIA } from '../../src/oci/types.js';
import { assertWrittenAndRead, packsAt } from '../support/pack-places.js';
import { personaFor, type Persona } from '../support/personas/persona.js';
import { PERSONA_NAMES } from '../support/personas/rules.js';
import { startRealRegistry } from '../support/real-registry.js';
import { loginEnv } from '../support/registry-writer.js';
import { testNeeding } from '../support/requirements.js';
import { startTokenServer } from '../support/token-server.js';

const LOGIN = 'testuser:testpass';

for (const name of PERSONA_NAMES) {
  test(`${name}: a pack is written and read`, async (t) => {
    const persona = await personaFor(t, name);
    persona.createRepository('team/cache');
    // There a 403 is the answer for what is not there, too.
    const absent = name === 'artifactory';
    if (absent) persona.fail({ method: 'GET', path: /manifests\/main$/, status: 404, body: '{}', times: 1 });
    await assertWrittenAndRead(t, () => packsAt(t, `${persona.host}/team/cache`));
    t.deepEqual(typesSent(persona), [MEDIA.ociManifest]);
  });
}

function typesSent({ log }: Persona): readonly string[] {
  const puts = log.filter(({ method, url }) => method === 'PUT' && url.includes('/manifests/'));
  return [...new Set(puts.map(({ contentType }) => String(contentType)))];
}

const withRegistry = testNeeding('registry');

withRegistry('docker-registry: a pack is written and read', async (t) => {
  const registry = await startRealRegistry();
  t.teardown(() => registry.stop());
  await assertWrittenAndRead(t, () => packsAt(t, `${registry.host}/team/cache:dev`));
});

withRegistry('docker-registry with tokens', async (t) => {
  const tokens = await startTokenServer({ login: LOGIN, lifeSeconds: 300 });
  const registry = await startRealRegistry({ tokens });
  t.teardown(async () => {
    await registry.stop();
    await tokens.close();
  });
  const env = loginEnv([registry.host, LOGIN]);
  await assertWrittenAndRead(t, () => packsAt(t, `${registry.host}/team/cache:dev`, env));
});
