import test from 'ava';
import { spawnSync } from 'node:child_process';
import { testNeeding } from '../../support/requirements.js';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMMANDS } from '../../../src/cli/command-table.js';
import { EXAMPLES } from '../../../src/cli/examples.js';
import { renderHelp } from '../../../src/cli/help.js';
import { renderManPage } from '../../../src/cli/man-page.js';
import { optionsOf } from '../../../src/cli/options.js';
import { parseArguments } from '../../../src/cli/parse-arguments.js';
import { commandsByTask } from '../../../src/cli/tasks.js';

const page = renderManPage({ version: '1.2.3', exits: [['Success', 0]] });

test('the page names every command and every option that help shows', (t) => {
  for (const { name } of COMMANDS) {
    t.true(page.includes(`.SH "TSBUILD ${name.replaceAll('-', '\\-').toUpperCase()}"`), name);
    for (const spec of optionsOf(name).filter(({ hidden }) => !hidden))
      t.true(page.includes(`\\-\\-${spec.name.replaceAll('-', '\\-')}`), spec.name);
  }
});

test('no line is taken for an instruction, and nothing is beyond ASCII', (t) => {
  for (const line of page.split('\n')) {
    t.regex(line, /^(?:\.(?:TH|SH|SS|TP|PP|B|I|br|nf|fi)\b|\.\\"|[^.']|$)/);
    t.regex(line, /^[\x20-\x7e]*$/);
  }
});

testNeeding('man')('a reader of man pages has nothing to say against it', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-man-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'tsbuild.1');
  writeFileSync(file, page);
  const { status, stderr, stdout } = spawnSync('man', ['--warnings', '-l', file], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '100', PAGER: 'cat', MANPAGER: 'cat' },
  });
  t.is(status, 0, stderr);
  t.is(stderr, '');
  t.regex(stdout, /tsbuild - build images from Dockerfiles/);
});

test('examples are command lines that are understood', async (t) => {
  for (const [command, examples = []] of Object.entries(EXAMPLES))
    for (const { line } of examples) {
      const [, words = ''] = /tsbuild(.*)$/.exec(line) ?? [];
      const argv = words
        .replaceAll("'", '')
        .trim()
        .split(' ')
        .filter((word) => word !== '' && word !== command);
      await t.notThrowsAsync(() => parseArguments(argv, command as keyof typeof EXAMPLES, {}), line);
    }
});

test('help lists each command once, by task', (t) => {
  const names = commandsByTask().flatMap(({ commands }) => commands.map(({ name }) => name));
  t.deepEqual([...names].sort(), [...COMMANDS.map(({ name }) => name as string), 'help', 'version'].sort());
  const help = renderHelp('build', 100);
  t.regex(help, /^Examples:\n {2}# To build the Dockerfile of this directory:\n {2}tsbuild -t app:1 \.$/m);
  t.regex(help, /^Build:\n {2}build +Build an image/m);
  t.notRegex(renderHelp('rmi', 100), /Examples/);
});
