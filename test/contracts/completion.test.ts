// The completion scripts, read by the shells that they are for.
import test from 'ava';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bashCompletion } from '../../src/cli/completion/bash.js';
import { fishCompletion } from '../../src/cli/completion/fish.js';
import { completedCommands } from '../../src/cli/completion/words.js';
import { zshCompletion } from '../../src/cli/completion/zsh.js';
import { testNeeding } from '../support/requirements.js';

const folder = mkdtempSync(join(tmpdir(), 'tsbuild-completion-'));

function script(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const BASH = script('bash', bashCompletion(completedCommands()));

/** What bash offers for the last of the words. */
function inBash(...words: readonly string[]): string[] {
  const ask =
    'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tsbuild; echo "${COMPREPLY[@]}"';
  const tsbuild = 'tsbuild() { echo app:1; echo api:2; };';
  const text = execFileSync('bash', ['-c', `${tsbuild} ${ask}`, 'bash', BASH, ...words], {
    encoding: 'utf8',
  });
  return text.trim().split(' ').filter(Boolean);
}

test('bash: commands, options, values, names of images', (t) => {
  t.deepEqual(inBash('tsbuild', 'pu'), ['pull', 'push']);
  t.deepEqual(inBash('tsbuild', '--no-cache-f'), ['--no-cache-filter']);
  t.deepEqual(inBash('tsbuild', 'build', '--progress', 'p'), ['plain']);
  t.deepEqual(inBash('tsbuild', '--progress', '=', 'raw'), ['rawjson']);
  t.deepEqual(inBash('tsbuild', 'manifest', ''), ['create', 'inspect']);
  t.true(inBash('tsbuild', 'manifest', 'create', '--').includes('--dry-run'));
  t.false(inBash('tsbuild', 'rmi', '--').includes('--tag'));
  t.deepEqual(inBash('tsbuild', 'rmi', 'ap'), ['app:1', 'api:2']);
});

testNeeding('zsh')('zsh: the script can be read', (t) => {
  const path = script('_tsbuild', zshCompletion(completedCommands()));
  t.notThrows(() => execFileSync('zsh', ['-f', '-n', path]));
  const load = 'autoload -Uz compinit && compinit -u -D && source "$1" && echo $_comps[tsbuild]';
  t.is(execFileSync('zsh', ['-f', '-c', load, 'zsh', path], { encoding: 'utf8' }).trim(), '_tsbuild');
});

testNeeding('fish')('fish: commands, options, values', (t) => {
  const path = script('tsbuild.fish', fishCompletion(completedCommands()));
  const offered = (line: string): string[] => {
    const ask = `function tsbuild; echo app:1; end; source ${path}; complete -C '${line}'`;
    const text = execFileSync('fish', ['--no-config', '-c', ask], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: folder },
    });
    return text
      .split('\n')
      .filter(Boolean)
      .map((row) => row.split('\t')[0]!);
  };
  t.deepEqual(offered('tsbuild pu'), ['pull', 'push']);
  t.deepEqual(offered('tsbuild manifest '), ['create', 'inspect']);
  t.deepEqual(offered('tsbuild manifest create --dry'), ['--dry-run']);
  t.deepEqual(offered('tsbuild --progress p'), ['plain']);
  t.deepEqual(offered('tsbuild rmi ap'), ['app:1']);
});
