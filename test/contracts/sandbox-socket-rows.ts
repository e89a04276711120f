// Sockets that steps leave: a layer cannot hold one, a snapshot of BuildKit's can.
import { dir, file, program } from '../support/sandbox-rootfs.js';
import { syscallProgram } from '../support/syscall-program.js';
import type { SuiteContext } from './sandbox-suite-context.js';

const [SOCKET, BIND] = [41, 49];

/** Binds a socket to the name in its working directory. x86-64. */
function bindingProgram(name: string): Buffer {
  const address = Buffer.concat([Buffer.from([1, 0]), Buffer.from(`${name}\0`)]);
  return syscallProgram([
    { number: SOCKET, args: [1, 1, 0] },
    { number: BIND, args: [{ resultOf: 0 }, address, address.length] },
  ]);
}

export function socketRows({ check }: SuiteContext): void {
  if (process.arch !== 'x64') return;

  check('a socket of a step is there for the steps on it, and in no layer', async (t, w) => {
    const layers = await w.on([dir('s'), file('s/was', 'a file'), program('bind', bindingProgram('sock'))]);
    const made = await w.run('cd /s && /bind && touch f && chmod 700 sock && chown 5:6 sock', { layers });
    t.deepEqual(made.changes, ['node s', 'node s/f']);
    const on = [...layers, made.layer!];
    // Both on the same layers.
    for (const name of ['g', 'h']) {
      const { stdout, changes } = await w.run(
        `test -S /s/sock && stat -c "%a %u %g" /s/sock; touch /s/${name}`,
        {
          layers: on,
        },
      );
      t.is(stdout, '700 5 6\n');
      t.deepEqual(changes, ['node s', `node s/${name}`]);
    }
  });

  check('a socket of an earlier step can be removed, which is in the layer', async (t, w) => {
    const layers = await w.on([dir('s'), file('s/was', 'a file'), program('bind', bindingProgram('sock'))]);
    const made = await w.run('cd /s && /bind && touch f', { layers });
    const on = [...layers, made.layer!];
    const removed = await w.run('rm /s/sock', { layers: on });
    t.deepEqual(removed.changes, ['node s', 'whiteout s/sock']);
    const after = await w.run('ls /s', { layers: [...on, removed.layer!] });
    t.is(after.stdout, 'f\nwas\n');
  });
}
