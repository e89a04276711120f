// Limits that a host cannot set: said, or with --strict an error.
import { busyboxSpace, testWithBusybox } from '../support/busybox-image.js';
import { findOrdinaryUser } from '../support/ordinary-user.js';

testWithBusybox('a limit that cannot be set is said, and with --strict refused', async (t) => {
  const { run } = await busyboxSpace(t, { user: process.getuid?.() === 0 ? findOrdinaryUser() : undefined });
  const words = ['--memory', '64m', '--network', 'none', 'box:1', 'echo', 'ran'];
  const lenient = await run('run', '--rm', ...words);
  t.is(lenient.stdout.toString(), 'ran\n', lenient.stderr);
  const strict = await run('run', '--rm', '--strict', ...words);
  if (!lenient.stderr.includes('the limits of resources are left out')) {
    t.is(strict.code, 0, strict.stderr);
    return;
  }
  t.is(strict.code, 125);
  t.regex(strict.stderr, /^ERROR: --resource: the control group .* is not delegated/m);
  t.is(strict.stdout.toString(), '');
});
