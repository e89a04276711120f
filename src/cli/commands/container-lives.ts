// `start`, `stop`, `restart`, `kill`, `rm`, `rename`, `wait`: each container in its turn, or several side by side; what
// fails is told, and the others go on, as docker does.
import { exitStatusOf, TsbuildError } from '../../core/errors.js';
import { sideBySide } from '../../core/side-by-side.js';
import type { CommandName } from '../command-table.js';
import { callOptions } from '../call-options.js';
import { wholeNumber } from '../container-request.js';
import type { Api, CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { checkPositionals } from '../positionals.js';
import { renderError } from '../render/error.js';
import type { ParsedArguments } from '../typed-arguments.js';
import { runHelp } from './help.js';
import { streamsOf } from './run.js';

type Work = (container: string, args: ParsedArguments, api: Api, host: CliHost) => Promise<unknown>;

/** Instead of a text: there was nothing to do. */
const NOTHING = '';
/** Containers that are stopped, killed or removed at a time: most of it is waiting for them. */
const AT_ONCE = 8;

/** Prints each name as it was written, in this order, when its container and those before it are done. */
async function forEach(
  command: CommandName,
  argv: readonly string[],
  host: CliHost,
  work: Work,
  atOnce = 1,
): Promise<number> {
  const args = await parseArguments(argv, command, host.env);
  if (args.flag('help')) return runHelp([command], host);
  checkPositionals(command, args.positionals, { least: 1 });
  const api = await host.loadApi();
  let status = 0;
  const tell = (container: string, { printed, error }: Done): void => {
    if (error) {
      host.stderr.write(renderError(error, { isDebug: args.flag('debug'), isOfBuild: false }));
      status = exitStatusOf(error.code);
    } else if (printed !== NOTHING) host.print(`${typeof printed === 'string' ? printed : container}\n`);
  };
  const done = new Map<number, Done>();
  let told = 0;
  const names = args.positionals.map((container, index) => ({ container, index }));
  await sideBySide(names, atOnce, async ({ container, index }) => {
    try {
      done.set(index, { printed: await work(container, args, api, host) });
    } catch (error) {
      if (!(error instanceof TsbuildError) || host.signal.aborted) throw error;
      done.set(index, { error });
    }
    for (let next = done.get(told); next; next = done.get(told)) tell(args.positionals[told++]!, next);
  });
  return status;
}

interface Done {
  readonly printed?: unknown;
  readonly error?: TsbuildError;
}

/** The exit status. @throws TsbuildError ABORTED */
export const runStop = (argv: readonly string[], host: CliHost): Promise<number> =>
  forEach(
    'stop',
    argv,
    host,
    (container, args, api) => api.stopContainer({ container, ...stopChoice(args) }, callOptions(host)),
    AT_ONCE,
  );

/** The exit status. @throws TsbuildError ABORTED */
export const runRestart = (argv: readonly string[], host: CliHost): Promise<number> =>
  forEach('restart', argv, host, (container, args, api) =>
    api.restartContainer({ container, ...stopChoice(args) }, callOptions(host)),
  );

/** The exit status. @throws TsbuildError ABORTED */
export const runKill = (argv: readonly string[], host: CliHost): Promise<number> =>
  forEach(
    'kill',
    argv,
    host,
    (container, args, api) => {
      const signal = args.text('signal');
      return api.killContainer({ container, ...(signal !== undefined && { signal }) }, callOptions(host));
    },
    AT_ONCE,
  );

/** The exit status. @throws TsbuildError ABORTED */
export const runRm = (argv: readonly string[], host: CliHost): Promise<number> =>
  forEach('rm', argv, host, removeOne, AT_ONCE);

const removeOne: Work = async (container, args, api, host) => {
  const isForced = args.flag('force');
  try {
    await api.removeContainer(
      { container, isForced, areVolumesRemoved: args.flag('volumes') },
      callOptions(host),
    );
  } catch (error) {
    if (!isForced || !isNotFound(error)) throw error;
    return NOTHING;
  }
  return container;
};

/** The exit status; of one that is followed, its own. @throws TsbuildError */
export async function runStart(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'start', host.env);
  if (!args.flag('attach') && !args.flag('interactive'))
    return forEach('start', argv, host, (container, _, api) =>
      api.startContainer({ container }, callOptions(host)),
    );
  if (args.flag('help')) return runHelp(['start'], host);
  const [container = '', ...others] = args.positionals;
  checkPositionals('start', args.positionals, { least: 1 });
  if (others.length > 0)
    throw new TsbuildError('OPTION_CONFLICT', 'you cannot start and attach multiple containers at once');
  const api = await host.loadApi();
  const detachKeys = args.text('detach-keys');
  const { exitCode = 0 } = await api.startContainer(
    {
      container,
      isAttached: true,
      isInteractive: args.flag('interactive'),
      ...(detachKeys !== undefined && { detachKeys }),
    },
    streamsOf(host),
  );
  return exitCode;
}

/** Prints exit statuses. The exit status is 0 when all could be waited for. @throws TsbuildError ABORTED */
export const runWait = (argv: readonly string[], host: CliHost): Promise<number> =>
  forEach('wait', argv, host, async (container, _, api) => {
    const { exitCode } = await api.waitForContainer({ container }, callOptions(host));
    return String(exitCode);
  });

/** The exit status. Prints nothing, as docker. @throws TsbuildError */
export async function runRename(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'rename', host.env);
  if (args.flag('help')) return runHelp(['rename'], host);
  checkPositionals('rename', args.positionals, { least: 2, most: 2 });
  const [container = '', name = ''] = args.positionals;
  const api = await host.loadApi();
  await api.renameContainer({ container, name }, callOptions(host));
  return 0;
}

function stopChoice(args: ParsedArguments): { readonly timeout?: number; readonly signal?: string } {
  const timeout = wholeNumber('--time', args.text('time') ?? args.text('timeout'));
  const signal = args.text('signal');
  return { ...(timeout !== undefined && { timeout }), ...(signal !== undefined && { signal }) };
}

function isNotFound(error: unknown): boolean {
  return error instanceof TsbuildError && error.code === 'CONTAINER_NOT_FOUND';
}
