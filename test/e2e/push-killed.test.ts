// A push that is killed leaves the tag as it was, or as it is to be; the next push goes on from what is there.
// `node scripts/push-kill-test.mjs 200` kills at random moments, against docker-registry.
import { once } from 'node:events';
import test from 'ava';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { personaFor } from '../support/personas/persona.js';
import { runTsbuild, startTsbuild } from '../support/tsbuild-command.js';
import { workspace } from '../support/workspace.js';

const MOMENTS = [
  { title: 'before the first blob', method: 'POST', path: /uploads/ },
  { title: 'in a body', method: 'PUT', path: /uploads/, cutAt: 0.5 },
  { title: 'at the tag', method: 'PUT', path: /manifests/ },
];

for (const { title, ...moment } of MOMENTS) {
  test(`killed ${title}`, async (t) => {
    const persona = await personaFor(t, 'dist28');
    const name = `${persona.host}/o/x:1`;
    const space = workspace(t, { Dockerfile: 'FROM scratch\nCOPY a /a\nCOPY b /b\n', a: 'a', b: 'old' });
    const push = () => runTsbuild(['push', name], space);
    t.is((await space.build(['-t', name])).code, 0);
    t.is((await push()).code, 0);
    const old = persona.manifest('o/x', '1');

    space.write('b', 'new'.repeat(100_000));
    t.is((await space.build(['-t', name])).code, 0);
    const child = startTsbuild(['push', name], space);
    child.stdout?.resume();
    child.stderr?.resume();
    persona.fail({ ...moment, times: 1, happens: () => void child.kill('SIGKILL') });
    const [, signal] = (await once(child, 'close')) as [number | null, string | null];
    t.is(signal, 'SIGKILL');

    const between = persona.manifest('o/x', '1');
    persona.forgetLog();
    const { code, stderr } = await push();
    t.is(code, 0, stderr);
    const after = persona.manifest('o/x', '1');
    t.false(after?.equals(old!));
    t.true(between?.equals(old!) || between?.equals(after!));
    const sent = persona.log.filter(({ method, url }) => method === 'PUT' && url.includes('/uploads/'));
    // The layer that is as it was is not sent again, and nothing that had arrived.
    t.true(sent.length <= (title === 'at the tag' ? 0 : 2));
    const temporary = join(space.store, 'v1', 'tmp');
    t.deepEqual(existsSync(temporary) ? readdirSync(temporary) : [], []);
  });
}
