// Pushing to a registry that attacks: it wants credentials, or bytes, to go elsewhere, or says that it has what it has
// not.
import type { ExecutionContext } from 'ava';
import { parseReference } from '../../src/oci/reference.js';
import { attack, type Defence } from '../support/attack.js';
import { personaFor, type Persona } from '../support/personas/persona.js';
import { loginEnv, makePushedImage, makeWriter, outgoing } from '../support/registry-writer.js';

const LOGIN = 'user:sentinel-password';
const single = makePushedImage('attack', [50_000]);
const blob = outgoing(single, single.blobs[0]!);
const { signal } = new AbortController();

function repositoryAt(t: ExecutionContext, persona: Persona, env: Readonly<Record<string, string>> = {}) {
  return makeWriter(t, { env }).writer.repository(parseReference(`${persona.host}/o/x`));
}

const ORIGIN: Defence = [
  'src/registry/endpoint-requester.ts',
  'if (url.origin !== origin) return ask(url.href, headers, true);',
];

attack('CVE-2020-15157', 'credentials do not go with an upload to another host', ORIGIN, async (t) => {
  const store = await personaFor(t, 'dist28');
  const persona = await personaFor(t, 'dist28', { auth: { kind: 'basic', login: LOGIN } });
  persona.redirectUploads(`http://${store.host}/v2/o/x/blobs/uploads/u1?_state=s0`);
  await t.throwsAsync(repositoryAt(t, persona, loginEnv([persona.host, LOGIN])).putBlob(blob, { signal }));
  t.true(store.log.length > 0);
  t.true(store.log.every(({ auth }) => auth === undefined));
});

for (const place of [
  'http://169.254.169.254/upload',
  'http://[fe80::1]/upload',
  'http://metadata.google.internal/upload',
  'file:///etc/passwd',
]) {
  attack(
    'CVE-2020-15157',
    `an upload is not sent to ${place}`,
    ['src/registry/push/location.ts', 'return checkedLocation('],
    async (t) => {
      const persona = await personaFor(t, 'dist28');
      persona.redirectUploads(place);
      const error = await t.throwsAsync(repositoryAt(t, persona).putBlob(blob, { signal }));
      t.like(error, { code: 'REGISTRY_PROTOCOL' });
    },
  );
}

attack(
  'CVE-2024-3727',
  'a digest that a registry made up is not taken for the one that was pushed',
  ['src/registry/push/answer.ts', 'if (named === null || named === digest) return;'],
  async (t) => {
    for (const named of [`sha256:${'0'.repeat(64)}`, '../../x', '']) {
      const persona = await personaFor(t, 'dist28');
      const headers = { 'docker-content-digest': named };
      persona.fail({ method: 'PUT', path: /manifests/, status: 201, headers });
      const error = await t.throwsAsync(repositoryAt(t, persona).putManifest(single, '1', signal));
      t.like(error, { code: 'REGISTRY_DIGEST_MISMATCH' });
    }
  },
);
