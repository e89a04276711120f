import test from 'ava';
import { explainExit, explainStart } from '../../../../src/builder/steps/explain-exit.js';

const hint = (exitCode: number, output = '', signal?: string) => explainExit({ exitCode, output, signal });

test('what programs say before they end', (t) => {
  t.regex(hint(1, 'dd: write: No space left on device\n') ?? '', /is full/);
  t.regex(hint(134, 'FATAL ERROR: … JavaScript heap out of memory\n') ?? '', /NODE_OPTIONS/);
  t.regex(hint(1, 'fork: Cannot allocate memory\n') ?? '', /--resource memory/);
  t.regex(hint(1, 'sh: ./tool: Exec format error\n') ?? '', /another architecture/);
  t.regex(hint(1, 'SELF_SIGNED_CERT_IN_CHAIN') ?? '', /--ca-cert/);
  t.regex(hint(100, "Temporary failure resolving 'deb.debian.org'") ?? '', /proxy/);
  t.regex(hint(1, "touch: '/m/x': Read-only file system") ?? '', /read-only/);
});

test('a command that is missing, or may not be executed', (t) => {
  for (const line of [
    'sh: nope: not found',
    '/bin/sh: 1: nope: not found',
    'bash: line 1: nope: command not found',
  ])
    t.is(
      hint(127, `before\n${line}\n`),
      'nope is not in the image, or in no folder of PATH: install it in a step before',
    );
  t.regex(hint(127, '/bin/sh: /s.sh: not found\n') ?? '', /^\/s\.sh is not in the image, or the interpreter/);
  t.regex(
    hint(126, '/bin/sh: /n.sh: Permission denied\n') ?? '',
    /^\/n\.sh is not executable: .*--chmod=755/,
  );
  t.is(hint(127, 'nothing of the kind'), undefined);
  t.is(hint(126), undefined);
});

test('signals, of the command and of what a shell started', (t) => {
  t.is(
    hint(139, '', 'SIGSEGV'),
    'it was killed by SIGSEGV, which is a crash: it used memory that is not its own',
  );
  t.regex(hint(137) ?? '', /^a program that it started was killed by SIGKILL/);
  t.is(hint(143), 'a program that it started was killed by SIGTERM');
  t.is(hint(1, '', 'SIGUSR1'), 'it was killed by SIGUSR1');
});

test('of an exit code that says nothing, nothing is said', (t) => {
  for (const code of [1, 2, 3, 125, 128, 255]) t.is(hint(code, 'npm ERR! code 1'), undefined);
});

test('what could not be started', (t) => {
  const missing = (program: string) =>
    explainStart(`exec: "${program}": stat ${program}: no such file or directory`, [program, '-c', 'x']);
  t.regex(missing('/bin/sh') ?? '', /^the image has no \/bin\/sh: .*RUN \["PROGRAM"/);
  t.is(missing('/app/tool'), '/app/tool is not in the image');
  t.regex(
    explainStart('exec: "x": executable file not found in $PATH', ['x']) ?? '',
    /^x is in no folder of PATH/,
  );
  t.regex(explainStart('exec: "/x": permission denied', ['/x']) ?? '', /^\/x is not executable/);
  const interpreter = 'exec /s: no such file or directory (its interpreter is missing in the image)';
  t.regex(explainStart(interpreter, ['/s']) ?? '', /carriage return/);
  t.is(explainStart('exec: "/d": is a directory', ['/d']), undefined);
});
