// How commands without progress call the library: its notes go to standard error.
import type { BuildOptions } from '../index.js';
import type { CliHost } from './host.js';
import { escapeMessage } from './render/escape.js';

export function callOptions({ env, cwd, signal, stderr }: CliHost): BuildOptions {
  return {
    env,
    cwd,
    signal,
    onEvent(event) {
      if (event.kind === 'note') stderr.write(`note: ${escapeMessage(event.message)}\n`);
    },
  };
}
