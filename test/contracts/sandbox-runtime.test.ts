// OCI runtimes in the place of the launcher pass the suite of sandboxes, but for what they do otherwise.
import { findProgram } from '../../src/host/find-program.js';
import { usernsRung } from '../../src/worker/front/userns-rung.js';
import { openWorkerSandbox } from '../../src/worker/front/worker-sandbox.js';
import { testNeeding } from '../support/requirements.js';
import { openWorld, type SandboxDriver } from '../support/sandbox-world.js';
import { failureCode } from './sandbox-suite-context.js';
import { sandboxSuite } from './sandbox-suite.js';

const NO_TERMINAL =
  'refused: a runtime hands a terminal over a socket (--console-socket), which nothing listens at';

const UNHELD = {
  'a terminal is all three descriptors, has its size and is the controlling one': NO_TERMINAL,
  'a terminal belongs to the user, whatever he is': NO_TERMINAL,
  'a changed size of the terminal is told': NO_TERMINAL,
  'what is typed is echoed and read, and ends': NO_TERMINAL,
  '^C interrupts what is in the foreground': NO_TERMINAL,
  'more than a terminal takes is held back, and a process without one has no size': NO_TERMINAL,

  'the environment is exactly the given one':
    'runtimes set HOME when it is missing; the builder always gives it',
  'exit codes, signals, and a command that is not there':
    'runtimes have their own words for an interpreter that is missing',
  'devices of a layer stay what they are, whatever is done to them':
    'a step of a runtime sees files, which a copy of busybox makes of devices',
  'devices are shown to the step, and copied as devices': 'a step of a runtime sees files',
  'mknod makes devices, which are of the caller and are changed, moved and removed': 'runtimes refuse it',
  'only root with its capabilities makes devices, and a device opens nothing': 'runtimes refuse it',
  'an image whose /dev is a link gets its devices inside itself': 'runtimes make no devices through a link',
};

/** runc takes the mode from whatever a tmpfs covers. */
const UNHELD_BY_CRUN = {
  'a tmpfs inside of a bind has the mode of what it covers there':
    'crun does not look, and what a bind shows is not there yet when its bundle is made',
};

for (const name of ['crun', 'runc'] as const) {
  const program = findProgram(name) ?? `/nonexistent/${name}`;
  const tool = findProgram('slirp4netns');
  const driver: SandboxDriver = {
    name,
    needs: [name],
    unheld: name === 'crun' ? { ...UNHELD, ...UNHELD_BY_CRUN } : UNHELD,
    open: (paths) =>
      openWorkerSandbox({
        rung: usernsRung,
        paths,
        settings: {
          runtime: { name, program },
          ...(tool !== undefined && { network: { name: 'slirp4netns', program: tool } as const }),
        },
        signal: new AbortController().signal,
      }),
  };
  sandboxSuite(driver);

  testNeeding(
    'sandbox',
    'busybox',
    name,
  )(`${name}: exit codes, and commands that cannot be executed`, async (t) => {
    const w = await openWorld(driver);
    t.teardown(() => w.close());
    t.is((await w.run('exit 42')).exitCode, 42);
    t.is((await w.run('sh -c "kill -9 \\$\\$"; exit $?')).exitCode, 137);
    for (const command of ['no-such-command', '/no/such', '/etc/passwd'])
      t.is((await failureCode(w.run([command]))).code, 'STEP_NOT_FOUND', command);
  });

  if (tool !== undefined)
    testNeeding(
      'sandbox',
      'busybox',
      'tun',
      name,
    )(`${name}: a network of its own`, async (t) => {
      const w = await openWorld(driver);
      t.teardown(() => w.close());
      const { stdout } = await w.run('ls /sys/class/net | sort; id -u', { network: 'private' });
      t.is(stdout, 'lo\ntap0\n0\n');
    });
}
