// A process that has a terminal.
import type { SuiteContext } from './sandbox-suite-context.js';
import { failureCode, lines } from './sandbox-suite-context.js';

const never = (): AbortSignal => new AbortController().signal;
const terminal = { columns: 132, rows: 50 };

/** Terminals end lines by two characters. */
const shown = (output: string): string[] => lines(output.replaceAll('\r\n', '\n'));

export function terminalRows({ check }: SuiteContext): void {
  check('a terminal is all three descriptors, has its size and is the controlling one', async (t, w) => {
    const rootfs = await w.sandbox.openRootfs([w.base], never());
    const command =
      'test -t 0 && test -t 1 && test -t 2 && echo all; stty size; echo err >&2; echo own > /dev/tty; cut -d" " -f6,7,8 /proc/self/stat 2>/dev/null | wc -w';
    const asked = await w.start(rootfs, command, { terminal });
    t.is((await asked.process.wait()).exitCode, 0);
    t.deepEqual(shown(asked.output()).slice(0, 4), ['all', '50 132', 'err', 'own']);
    await rootfs.close();
  });

  check('a terminal belongs to the user, whatever he is', async (t, w) => {
    const rootfs = await w.sandbox.openRootfs([w.base], never());
    const asked = await w.start(
      rootfs,
      'stat -L -c %u /proc/self/fd/0; echo again > /dev/stdout; tty; stat -c %u /dev/console; echo c > /dev/console',
      {
        terminal,
        uid: 1000,
        gid: 1000,
        groups: [1000],
      },
    );
    t.is((await asked.process.wait()).exitCode, 0);
    t.deepEqual(shown(asked.output()), ['1000', 'again', '/dev/pts/0', '1000', 'c']);
    await rootfs.close();
  });

  check('a changed size of the terminal is told', async (t, w) => {
    const rootfs = await w.sandbox.openRootfs([w.base], never());
    const command = 'trap "stty size" WINCH; echo up; while :; do sleep 0.02; done';
    const asked = await w.start(rootfs, command, { terminal });
    await asked.said('up');
    asked.process.resize({ columns: 20, rows: 10 });
    await asked.said('10 20');
    asked.process.kill('SIGKILL');
    t.is((await asked.process.wait()).exitCode, 137);
    await rootfs.close();
  });

  check('what is typed is echoed and read, and ends', async (t, w) => {
    const rootfs = await w.sandbox.openRootfs([w.base], never());
    const cat = await w.start(rootfs, 'echo up; cat', { terminal });
    await cat.said('up');
    t.true(await cat.process.write(Buffer.from('hello\n')));
    await cat.said('hello\r\nhello');
    cat.process.endInput();
    t.is((await cat.process.wait()).exitCode, 0);
    t.false(await cat.process.write(Buffer.from('late\n')));
    await rootfs.close();
  });

  check('^C interrupts what is in the foreground', async (t, w) => {
    const rootfs = await w.sandbox.openRootfs([w.base], never());
    const asked = await w.start(rootfs, 'trap "echo caught" INT; echo up; sleep 1000; echo over', {
      terminal,
    });
    await asked.said('up');
    await asked.process.write(Buffer.of(3));
    t.is((await asked.process.wait()).exitCode, 0);
    t.regex(asked.output(), /caught\r\nover\r\n$/);
    await rootfs.close();
  });

  check('more than a terminal takes is held back, and a process without one has no size', async (t, w) => {
    const rootfs = await w.sandbox.openRootfs([w.base], never());
    const raw = await w.start(rootfs, 'stty raw -echo; echo up; head -c 200000 | wc -c', { terminal });
    await raw.said('up');
    t.true(await raw.process.write(Buffer.alloc(200_000, 'x')));
    t.is((await raw.process.wait()).exitCode, 0);
    t.regex(raw.output(), /200000/);
    const plain = await w.start(rootfs, 'true');
    t.is((await failureCode(plain.process.write(Buffer.of(1)))).code, 'INTERNAL');
    t.throws(() => plain.process.resize(terminal), { code: 'INTERNAL' });
    await plain.process.wait();
    await rootfs.close();
  });
}
