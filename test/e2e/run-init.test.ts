// `--init`: a process that reaps and passes signals on.
import { busyboxSpace, testWithBusybox } from '../support/busybox-image.js';
import { findOrdinaryUser } from '../support/ordinary-user.js';
import { openTerminal } from '../support/terminal.js';

testWithBusybox('an init passes signals on, reaps, and ends as its command', async (t) => {
  const { run, told } = await busyboxSpace(t, {
    user: process.getuid?.() === 0 ? findOrdinaryUser() : undefined,
  });
  const options = ['--init', '--network', 'none'];
  const ended = await run('run', '--rm', ...options, 'box:1', 'sh', '-c', 'echo $$; exit 5');
  t.is(ended.stdout.toString(), '2\n');
  t.is(ended.code, 5);
  t.is((await run('run', '--rm', ...options, 'box:1', 'absent')).code, 127);
  const script = 'i=0; while test $i -lt 5; do (sleep 0.01 &); i=$((i+1)); done; exec sleep 600';
  await told('run', '-d', '--name', 'left', ...options, '--user', '5', 'box:1', 'sh', '-c', script);
  await told('exec', 'left', 'sleep', '0.2');
  t.notRegex(await told('exec', 'left', 'ps'), /\bZ\b|defunct/);
  t.regex(await told('exec', 'left', 'cat', '/proc/1/status'), /Uid:\t5\t[^]*CapEff:\t0+\n[^]*Seccomp:\t2/);
  await told('stop', 'left');
  t.regex(await told('ps', '-a', '--filter', 'name=left'), /Exited \(143\)/);
});

testWithBusybox('an init with a terminal leaves the terminal to its command', async (t) => {
  const { space } = await busyboxSpace(t);
  const command = ['run', '--rm', '--init', '-it', '--network', 'none', 'box:1', 'sh', '-c'];
  const script = 'trap "echo got; exit 3" INT; tty; cat /proc/$$/stat | cut -d" " -f6,8; sleep 600';
  const terminal = openTerminal(t, [...command, script], {
    columns: 80,
    rows: 20,
    store: space.store,
    cwd: space.root,
  });
  await terminal.until(/\/dev\/pts\/0\s+2 2/);
  terminal.press('C-c');
  t.regex(await terminal.until(/status 3/), /got/);
});
