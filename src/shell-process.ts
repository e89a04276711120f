// The process that is opened where a command failed. Pure.
import type { ProcessSpec } from './worker/sandbox.js';

/** bash where the image has it. */
const SHELL = ['/bin/sh', '-c', 'if command -v bash >/dev/null 2>&1; then exec bash; fi; exec /bin/sh'];

export interface ShellChoice {
  /** Default a shell. */
  readonly argv?: readonly string[] | undefined;
  /** Of the caller's terminal, when there is one. */
  readonly term?: string | undefined;
}

/** As the command was, with other words. Caches are as it left them, also when they were emptied for it. */
export function shellProcess<T extends Pick<ProcessSpec, 'argv' | 'env' | 'mounts'>>(
  command: T,
  { argv = SHELL, term }: ShellChoice,
): T {
  const { env, mounts } = command;
  const hasTerm = term === undefined || env.some((variable) => variable.startsWith('TERM='));
  return {
    ...command,
    argv,
    env: hasTerm ? env : [...env, `TERM=${term}`],
    mounts: mounts.map((mount) => (mount.type === 'cache' ? { ...mount, isReset: false } : mount)),
  };
}
