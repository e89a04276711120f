// A registry that stops reading in the middle of a body. Alone in its file: what measures silence wants a process that
// is not busy with other tests.
import test from 'ava';
import { parseReference } from '../../src/oci/reference.js';
import { personaFor } from '../support/personas/persona.js';
import { makePushedImage, makeWriter, outgoing } from '../support/registry-writer.js';

const single = makePushedImage('stall', [20_000_000]);
const { signal } = new AbortController();

test('it is given up, and the body is sent again', async (t) => {
  const persona = await personaFor(t, 'dist28');
  persona.fail({ method: 'PUT', path: /uploads/, isStall: true, times: 1 });
  const { writer } = makeWriter(t, { transport: { idleTimeoutMs: 1500 } });
  const repository = writer.repository(parseReference(`${persona.host}/o/x`));
  t.is(await repository.putBlob(outgoing(single, single.blobs[0]!), { signal }), 'sent');
  t.is(persona.log.filter(({ method }) => method === 'PUT').length, 2);
  t.is(persona.sessions(), 0);
});

test('twice, not for ever', async (t) => {
  const persona = await personaFor(t, 'dist28');
  persona.fail({ method: 'PUT', path: /uploads/, isStall: true });
  const { writer } = makeWriter(t, { transport: { idleTimeoutMs: 1500 } });
  const repository = writer.repository(parseReference(`${persona.host}/o/x`));
  const error = await t.throwsAsync(repository.putBlob(outgoing(single, single.blobs[0]!), { signal }));
  t.like(error, { code: 'REGISTRY_UNREACHABLE' });
  t.is(persona.log.filter(({ method }) => method === 'PUT').length, 2);
});
