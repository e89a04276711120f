// Further commands in running containers, of root and of an ordinary user.
import { busyboxSpace, testWithBusybox } from '../support/busybox-image.js';
import { findOrdinaryUser } from '../support/ordinary-user.js';
import { runTsbuild } from '../support/tsbuild-command.js';

const ordinary = findOrdinaryUser();
const users = process.getuid?.() === 0 ? [undefined, ...(ordinary ? [ordinary] : [])] : [undefined];

for (const user of users) {
  const name = user?.name ?? 'the invoking user';
  testWithBusybox(`commands in containers of ${name} have its users and streams`, async (t) => {
    const { run, told, space } = await busyboxSpace(t, { user });
    const start = (id: string, ...options: readonly string[]) =>
      told('run', '-d', '--name', id, ...options, 'box:1', 'sleep', '600');
    await start('plain', '--network', 'none');
    await start('other', '--network', 'none', '--user', '7');
    await start('hosts', '--network', 'host', '--pid', 'host', '--ipc', 'host', '--uts', 'host');
    await start('bound', '--network', 'none', '-v', `${space.context}:/context`);
    for (const id of ['plain', 'other', 'hosts', 'bound']) {
      t.is(await told('exec', id, 'id', '-u'), id === 'other' ? '7\n' : '0\n');
      t.is(await told('exec', '-u', '0', id, 'id', '-u'), '0\n');
      t.is(await told('exec', '-u', '5:6', id, 'sh', '-c', 'id -u; id -g; echo >/dev/stdout'), '5\n6\n\n');
      const failing = await run('exec', id, 'sh', '-c', 'echo no >&2; exit 4');
      t.is(failing.code, 4);
      t.is(failing.stderr, 'no\n');
    }
    t.is((await run('exec', 'plain', 'absent')).code, 127);
    t.is((await run('exec', 'plain', '/etc')).code, 126);
  });
}

/** Takes a piece of its input at a time, with pauses that are longer than a command that has ended is waited for. */
const SLOW_READER = `
const data = Buffer.alloc(30000);
let count = 0;
for (let size; (size = require('fs').readSync(0, data)) > 0; count += size)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
console.log(count);
`;

testWithBusybox('a reader that is slower than the command gets all of its output', async (t) => {
  const { told, space } = await busyboxSpace(t);
  await told('run', '-d', '--name', 'one', '--network', 'none', 'box:1', 'sleep', '600');
  const { stdout, stderr } = await runTsbuild(['exec', 'one', 'head', '-c', '400000', '/dev/zero'], {
    store: space.store,
    wrapper: ['sh', '-c', '"$@" | "$NODE" -e "$READER"', 'sh'],
    env: { NODE: process.execPath, READER: SLOW_READER },
  });
  t.is(stdout.toString(), '400000\n', stderr);
});
