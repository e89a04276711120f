// Dispatch: the first argument names the command, `build` when it names none. Each command is loaded only when it is
// called, and `version` and `help` load nothing but themselves.
import type { CliHost } from './host.js';
import { withoutFamily } from './image-family.js';
import { OTHER_COMMANDS, type Command } from './other-commands.js';
import { OTHER_WORDS } from './other-words.js';
import { TsbuildError } from '../core/errors.js';
import { isTold, statusOf } from './told-failure.js';
import { isUnknownCommand, unknownCommand } from './unknown-command.js';

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  build: async () => (await import('./commands/build.js')).runBuild,
  check: async () => (await import('./commands/check.js')).runCheck,
  doctor: async () => (await import('./commands/doctor.js')).runDoctor,
  ...OTHER_COMMANDS,
  version: async () => (await import('./commands/version.js')).runVersion,
  help: async () => (await import('./commands/help.js')).runHelp,
};

// What a shell reports for a program that SIGPIPE ended.
const BROKEN_PIPE = 141;

/** Commands whose failures are those of a build. */
const OF_BUILDS = new Set(['build', 'check']);

const SHORTHANDS: Readonly<Record<string, string>> = {
  '--version': 'version',
  '-v': 'version',
  '--help': 'help',
  '-h': 'help',
};

/** Commands that start what has an exit status of its own. Their own failures have docker's. */
const OF_PROCESSES = new Set(['run', 'create', 'exec', 'start', 'attach']);
/** Other commands that have docker's. */
const OF_CONTAINERS = new Set(['cp', 'commit', 'export']);
const NOT_RUN = 125;
const NOT_DONE = 1;

/** Also in the script that holds not all of them; without the word that monitors execute. */
const WORDS = ['build', 'check', 'doctor', ...OTHER_WORDS, 'version', 'help'].filter(
  (word) => word !== 'container-finish',
);

/** The exit status. Everything that goes wrong is printed on `host.stderr`; nothing is thrown. */
export async function run(words: readonly string[], host: CliHost): Promise<number> {
  const argv = withoutFamily(words);
  const first = argv[0] ?? '';
  const name = Object.hasOwn(SHORTHANDS, first) ? SHORTHANDS[first]! : first;
  // `-v` has another meaning for other builders: only alone is it ours.
  const isNamed =
    Object.hasOwn(COMMANDS, name) && (name !== 'version' || argv.length === 1 || argv[1] === '--json');
  try {
    if (!isNamed && isUnknownCommand(first, host.cwd)) throw unknownCommand(first, WORDS);
    const command = await COMMANDS[isNamed ? name : 'build']!();
    return await command(isNamed ? argv.slice(1) : argv, host);
  } catch (error) {
    // A reader that has seen enough is no failure to report.
    if (host.isStdoutGone()) return BROKEN_PIPE;
    if (isTold(error)) return error.toldStatus;
    const [{ renderError }, { colorLevel }] = await Promise.all([
      import('./render/error.js'),
      import('./render/color-level.js'),
    ]);
    const hasColors = colorLevel(host.env, host.stderr.isTTY === true) > 0;
    const isDebug = argv.includes('--debug') || argv.includes('-D');
    const reason: unknown = host.signal.aborted && !isDebug ? host.signal.reason : error;
    host.stderr.write(
      renderError(reason, { isDebug, isOfBuild: !isNamed || OF_BUILDS.has(name), hasColors }),
    );
    return statusFor(error, name);
  }
}

function statusFor(error: unknown, command: string): number {
  if (!(error instanceof TsbuildError) || error.code === 'ABORTED') return statusOf(error);
  const isWrongUse = error.code.startsWith('OPTION_');
  if (OF_PROCESSES.has(command))
    return error.exitCode ?? (command === 'run' || isWrongUse ? NOT_RUN : NOT_DONE);
  return OF_CONTAINERS.has(command) && !isWrongUse ? NOT_DONE : statusOf(error);
}
