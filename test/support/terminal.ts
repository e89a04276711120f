// A real terminal in which the built command runs: a tmux of its own, whose screen a test looks at, resizes and types
// into.
import type { ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OrdinaryUser } from './ordinary-user.js';
import { projectRoot } from './project-root.js';
import { tempDir } from './temp-store.js';

export interface Terminal {
  /** The rows of the screen without spaces at their ends; colours as escape sequences when asked for. */
  screen(options?: { readonly colors?: boolean }): string;
  /** The first screen that matches. @throws Error with the last one after a minute */
  until(wanted: RegExp): Promise<string>;
  resize(columns: number, rows: number): void;
  /** Names of keys as tmux has them: `C-c`. */
  press(key: string): void;
  /** Types a line. */
  type(line: string): void;
}

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly store: string;
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Runs as this user; only root may do so. */
  readonly user?: OrdinaryUser | undefined;
}

const DEADLINE = 60_000;

/** Starts `tsbuild` with these arguments; a line `status N` follows its end. */
export function openTerminal(
  t: ExecutionContext,
  args: readonly string[],
  { columns, rows, store, cwd, env = {}, user }: TerminalOptions,
): Terminal {
  const socket = join(tempDir(t), 'tmux');
  const tmux = (...words: readonly string[]): string =>
    execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...words], {
      encoding: 'utf8',
      // bash outlives a ^C that its command handles, dash does not.
      env: { ...process.env, LC_ALL: 'C.UTF-8', SHELL: '/bin/bash' },
    });
  const variables = {
    PATH: process.env['PATH'] ?? '',
    HOME: store,
    TSBUILD_ROOT: store,
    TERM: 'screen-256color',
    ...env,
  };
  const command = [process.execPath, join(projectRoot, 'bin', 'tsbuild.js'), ...args].map(quoted).join(' ');
  const assignments = Object.entries(variables).map(([name, value]) => quoted(`${name}=${value}`));
  const size = ['-x', String(columns), '-y', String(rows)];
  const as = user ? `setpriv --reuid ${user.uid} --regid ${user.gid} --clear-groups ` : '';
  const line = `${as}env -i ${assignments.join(' ')} ${command}; echo status $?; sleep 600`;
  tmux('new-session', '-d', '-s', 'test', ...size, '-c', cwd, line, ';', 'set', 'status', 'off');
  t.teardown(() => void tmux('kill-server'));
  const screen: Terminal['screen'] = ({ colors = false } = {}) =>
    tmux('capture-pane', '-p', '-t', 'test', ...(colors ? ['-e'] : []))
      .split('\n')
      .map((row) => row.trimEnd())
      .join('\n')
      .trimEnd();
  return {
    screen,
    async until(wanted) {
      const end = Date.now() + DEADLINE;
      for (;;) {
        const shown = screen();
        if (wanted.test(shown)) return shown;
        if (Date.now() > end) throw new Error(`${wanted} did not come to stand on the screen:\n${shown}`);
        await sleep(50);
      }
    },
    resize: (width, height) =>
      void tmux('resize-window', '-t', 'test', '-x', String(width), '-y', String(height)),
    press: (key) => void tmux('send-keys', '-t', 'test', key),
    type: (text) => void tmux('send-keys', '-t', 'test', '-l', text, ';', 'send-keys', '-t', 'test', 'Enter'),
  };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
